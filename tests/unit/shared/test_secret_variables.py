"""Variables as one node gets them: plain, secret, unknown; and what is kept of secret ones."""

from typing import Any

import pytest

from shared.context import Context
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.node_run import NodeResult
from shared.contracts.value import from_json, inline, to_json
from shared.nodes import NodeConfig, NodeFailed, node
from shared.sandbox import Sandbox
from shared.secret_variables import Opener
from shared.tree import TreeRunner
from tests.contract.nodes import Inline

SECRET = "correct-horse-battery"


class Tell(NodeConfig):
    """What to answer."""

    text: Any


@node("tell", title="Tell", category="test")
async def tell(config: Tell, context: Context) -> Any:
    """Answer with it, log it, or fail with it."""
    context.log(f"telling {config.text}")
    if "fail" in str(config.text):
        raise NodeFailed("bad", f"cannot tell {config.text}")
    return {"told": config.text}


def opened(workspace_id: str, name: str, sealed: str) -> str:
    """Opens what `sealed` is in this place."""
    assert (workspace_id, sealed) == ("default", f"sealed {name}")
    return to_json({"user": "ada", "key": SECRET})


async def result(
    sandbox: Sandbox, text: str, *names: str, opener: Opener | None = opened, secrets: Any = None
) -> NodeResult:
    trees = TreeRunner({"tell": tell.registered}, sandbox, Inline(), opener=opener)  # type: ignore[attr-defined]
    task = NodeTask(
        node="a", type="tell", attempt=1, timeout_s=5, config=to_json({"text": text}), variables=list(names)
    )
    ready = NodeReady(
        run_id="run_1", workspace_id="default", pool="core", side_effects="none", nodes=[task], sent_at=0,
        vars=inline(to_json({"plain": 1, "another": "nodes name only what they are frozen with"})),
        secrets={"key": "sealed key"} if secrets is None else secrets,
    )  # fmt: skip
    [found] = await trees.run(ready)
    return found


async def test_a_node_gets_what_it_names_and_nothing_else(sandbox: Sandbox) -> None:
    found = await result(sandbox, "{{ [vars.plain, len(vars)] }}", "plain")
    assert found.output
    assert from_json(found.output.json_text or "") == {"told": [1, 1]}


async def test_a_secret_is_used_but_taken_out_of_all_that_is_kept(sandbox: Sandbox) -> None:
    found = await result(sandbox, "{{ vars.key.user }}:{{ vars.key.key }}", "key")
    assert found.status == "succeeded"
    assert found.output
    assert from_json(found.output.json_text or "") == {"told": "ada:[redacted]"}
    failed = await result(sandbox, "fail {{ vars.key.key }}", "key")
    assert failed.failure
    assert failed.failure.message == "cannot tell fail [redacted]"
    for each in (found, failed):
        assert SECRET not in each.model_dump_json()
        assert each.logs


@pytest.mark.parametrize(
    ("name", "secrets", "opener", "code"),
    [
        ("none", None, opened, "unknown_variable"),
        ("key", {"key": ""}, None, "secret_variable"),
        ("key", {"key": ""}, opened, "secret_variable"),
        ("key", None, None, "secret_unreadable"),
    ],
)
async def test_what_cannot_be_had_fails_the_node_and_says_why(
    sandbox: Sandbox, name: str, secrets: Any, opener: Opener | None, code: str
) -> None:
    found = await result(sandbox, f"{{{{ vars.{name} }}}}", name, opener=opener, secrets=secrets)
    assert found.failure
    assert (found.failure.code, found.failure.details["variable"]) == (code, name)
