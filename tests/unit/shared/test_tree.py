"""The nodes of one message, run one after the other by real expressions in a real sandbox."""

import asyncio
from typing import Any

import pytest

from shared import attempt, tree
from shared.contracts.catalog import SideEffects
from shared.contracts.directive import SleepUntil
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.node_run import NodeResult
from shared.contracts.value import from_json, inline, to_json
from shared.nodes import Context, NodeConfig, NodeFailed, Routed, node
from shared.sandbox import Sandbox
from shared.tree import TreeRunner
from tests.contract.nodes import Inline


class Say(NodeConfig):
    """What to answer, or what to do instead."""

    value: Any = None
    port: str = "out"


@node("say", title="Say", category="test", ports=["out", "other"])
async def say(config: Say, context: Context) -> Any:
    """Answer with the value; misbehave where it is the name of a misbehaviour."""
    context.log(f"saying {config.value}")
    match config.value:
        case "fail":
            raise NodeFailed("no_paper", "out of paper", tray=2)
        case "hang":
            await asyncio.Event().wait()
        case "bug":
            raise RuntimeError("who wrote this?")
        case "object":
            return object()
        case "sleep":
            return SleepUntil(at=5)
    return Routed(config.port, config.value)


def told(node_id: str, value: Any = None, after: str | None = None, **more: Any) -> NodeTask:
    """A node that says `value`, behind `after` (or `after:port`)."""
    before, _, after_port = (after or "").partition(":")
    config = more.pop("config", {"value": value, **({"port": more.pop("port")} if "port" in more else {})})
    return NodeTask(
        node=node_id,
        type=more.pop("type", "say"),
        attempt=1,
        config=to_json(config),
        timeout_s=more.pop("timeout_s", 5),
        after=before or None,
        after_port=(after_port or "out") if before else None,
        **more,
    )


@pytest.fixture
def trees(sandbox: Sandbox) -> TreeRunner:
    return TreeRunner({"say": say.registered}, sandbox, Inline())  # type: ignore[attr-defined]


async def results(
    trees: TreeRunner,
    *nodes: NodeTask,
    side_effects: SideEffects = "none",
    item: Any = None,
    index: int | None = None,
    **outputs: Any,
) -> dict[str, NodeResult]:
    ready = NodeReady(
        run_id="run_1",
        workspace_id="default",
        pool="core",
        side_effects=side_effects,
        nodes=list(nodes),
        sent_at=0,
        outputs={node_id: inline(to_json(output)) for node_id, output in outputs.items()},
        trigger=inline(to_json({"n": 1})),
        item=None if index is None else inline(to_json(item)),
        index=index,
        signals={"paid": "https://weft.example/paid"},
    )
    return {result.node: result for result in await trees.run(ready)}


def output(result: NodeResult) -> Any:
    assert result.output, result.failure
    return from_json(result.output.json_text or "")


async def test_each_node_reads_what_those_before_it_answered(trees: TreeRunner) -> None:
    found = await results(
        trees,
        told("a", "{{ trigger.n + nodes.before }}", references=["before"]),
        told("b", "{{ nodes.a * 10 }}", "a", references=["a"]),
        before=1,
    )
    assert [*found] == ["a", "b"]
    assert (output(found["a"]), output(found["b"])) == (2, 20)
    assert found["b"].input
    assert from_json(found["b"].input.json_text or "") == {"value": 20}
    assert found["b"].logs == ["saying 20"]


async def test_it_ends_at_the_first_failure(trees: TreeRunner) -> None:
    found = await results(trees, told("a", 1), told("b", "fail", "a"), told("c", 3, "b"), told("d", 4, "a"))
    assert [*found] == ["a", "b"]
    failure = found["b"].failure
    assert failure
    assert (failure.code, failure.node, failure.details) == ("no_paper", "b", {"tray": 2})
    assert found["b"].output is None
    assert found["b"].logs == ["saying fail"], "what was known before it failed is kept"


async def test_it_ends_where_a_node_is_suspended(trees: TreeRunner) -> None:
    found = await results(trees, told("a", 1), told("b", "sleep", "a"), told("c", 3, "b"), told("d", 4, "a"))
    assert [*found] == ["a", "b"]
    assert (found["b"].status, found["b"].directive) == ("suspended", SleepUntil(at=5))
    assert (found["b"].port, found["b"].output, found["b"].failure) == (None, None, None)
    assert found["b"].logs == ["saying sleep"]


async def test_a_body_sees_what_its_container_runs_it_on(trees: TreeRunner) -> None:
    found = await results(trees, told("a", "{{ [item, index, trigger.n] }}"), item={"k": 2}, index=7)
    assert output(found["a"]) == [{"k": 2}, 7, 1]
    found = await results(trees, told("a", "{{ [item, index] }}"), item=None, index=0)
    assert output(found["a"]) == [None, 0]


@pytest.mark.parametrize("name", ["item", "index"])
async def test_outside_of_a_container_there_is_no_item(trees: TreeRunner, name: str) -> None:
    failure = (await results(trees, told("a", f"{{{{ {name} }}}}")))["a"].failure
    assert failure
    assert failure.code == "expression_missing"
    assert "not available here" in failure.message


async def test_a_run_knows_where_its_signals_are_sent_to(trees: TreeRunner) -> None:
    found = await results(trees, told("a", "Pay, then open {{ run.signals.paid }}"))
    assert output(found["a"]) == "Pay, then open https://weft.example/paid"


async def test_only_the_port_that_was_taken_leads_on(trees: TreeRunner) -> None:
    nodes = [told("a", 1, port="other"), told("b", 2, "a:other"), told("c", 3, "a:out"), told("d", 4, "c")]
    assert [*await results(trees, *nodes)] == ["a", "b"]


async def test_branches_of_nodes_that_turn_out_slow_are_handed_back(
    trees: TreeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    fork = [told("a", 1), told("b", 2, "a"), told("c", 3, "b"), told("d", 4, "a"), told("e", 5, "d")]
    assert [*await results(trees, *fork)] == ["a", "b", "c", "d", "e"]
    monkeypatch.setattr(tree, "MESSAGE_BUDGET_S", -1)
    monkeypatch.setattr(tree, "NODE_BUDGET_S", -1)
    assert [*await results(trees, *fork)] == ["a", "b", "c"], "what was begun is carried on"


async def test_a_chain_of_calls_goes_on_only_while_it_is_quick(
    trees: TreeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = [told("a", 1), told("b", 2, "a"), told("c", 3, "b")]
    assert [*await results(trees, *chain, side_effects="repeatable")] == ["a", "b", "c"]
    monkeypatch.setattr(tree, "MESSAGE_BUDGET_S", -1)
    assert [*await results(trees, *chain, side_effects="repeatable")] == ["a"], "the rest is handed back"
    assert [*await results(trees, *chain)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("bad", "code", "said"),
    [
        (told("a", "hang", timeout_s=0.05), "timeout", "0.05 s"),
        (told("a", "bug"), "internal", "who wrote this?"),
        (told("a", "object"), "bad_value", "not JSON serializable"),
        (told("a", 1, type="sing"), "unknown_type", "'sing'"),
        (told("a", config={"valu": 1}), "invalid_config", "config.valu"),
        (told("a", "{{ trigger.m.x }}"), "expression_missing", "no key 'm'"),
        (told("a", "x" * 101), "output_too_large", "103 bytes"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
async def test_whatever_goes_wrong_is_a_failure_that_says_what(
    trees: TreeRunner, monkeypatch: pytest.MonkeyPatch, bad: NodeTask, code: str, said: str
) -> None:
    monkeypatch.setattr(attempt, "MAX_VALUE_BYTES", 100)
    failure = (await results(trees, bad))["a"].failure
    assert failure
    assert (failure.code, failure.node) == (code, "a")
    assert said in failure.message
