"""One node: mocked, suspended, remembered."""

from typing import Any

import pytest

from shared import attempt
from shared.contracts.catalog import SideEffects
from shared.contracts.directive import AwaitSignal, SpawnRuns
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.node_run import NodeResult
from shared.contracts.value import INLINE_BYTES, Value, from_json, inline, to_json
from shared.nodes import Body, Context, NodeConfig, Routed, node
from shared.sandbox import Sandbox
from shared.storage.cache import Kept
from shared.tree import TreeRunner
from tests.contract.nodes import Inline

WORKSPACE = "default"


class Do(NodeConfig):
    """What to do."""

    what: str
    size: int = 1


class Hold(NodeConfig):
    """What to hold."""

    graph: Body


@node("do", title="Do", category="test", ports=["out", "other"])
async def do(config: Do, context: Context) -> Any:
    """Answer in one of the ways there are."""
    context.log("done")
    match config.what:
        case "spawn":
            return SpawnRuns(shape="map", items=inline(to_json("x" * config.size)), item=inline("1"), total=1)
        case "signal":
            return AwaitSignal()
        case "turn":
            return {"turn": context.turn, "state": context.state, "dry": context.dry}
        case "fail":
            raise ValueError("no")
    return Routed("other", config.what)


@node("hold", title="Hold", category="test")
async def hold(config: Hold, context: Context) -> str:
    """Hold a graph."""
    return "held"


class Shelf(Inline):
    """Stores large values by name."""

    async def put(self, text: str) -> Value:
        """As the store does."""
        size = len(text.encode())
        return Value(ref="large", size=size) if size > INLINE_BYTES else inline(text)

    async def texts(self, values: Any) -> dict[str, str]:
        """All there is, or what is gone."""
        if any(each.ref == "gone" for each in values):
            raise LookupError("stored value gone is gone")
        return {"large": to_json("large")}


class Memory:
    """A cache in memory, which may be away."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.away = False

    async def find(self, key: str, workspace_id: str, now: int) -> Kept | None:
        """As the store does."""
        if self.away:
            raise ConnectionError("the store is away")
        return self.kept.get(key)

    async def keep(self, key: str, workspace_id: str, kept: Kept) -> None:
        """As the store does."""
        if self.away:
            raise ConnectionError("the store is away")
        assert workspace_id == WORKSPACE
        self.kept[key] = kept


@pytest.fixture
def memory() -> Memory:
    return Memory()


class Attempted:
    """`await attempted("signal")` runs a node that does so."""

    def __init__(self, sandbox: Sandbox, memory: Any) -> None:
        found = {"do": do.registered, "hold": hold.registered}  # type: ignore[attr-defined]
        self._trees = TreeRunner(found, sandbox, Shelf(), cache=memory)

    async def __call__(
        self, what: str = "x", *, side_effects: SideEffects = "none", dry: bool = False, **given: Any
    ) -> NodeResult:
        """Its result."""
        config = to_json(given.pop("config", {"what": what}))
        task = NodeTask(
            **{"node": "a", "type": "do", "attempt": 1, "timeout_s": 5, **given, "config": config}
        )
        ready = NodeReady(
            run_id="run_1", workspace_id=WORKSPACE, pool="core", side_effects=side_effects, nodes=[task],
            dry=dry, sent_at=0,
        )  # fmt: skip
        [result] = await self._trees.run(ready)
        return result


@pytest.fixture
def attempted(sandbox: Sandbox, memory: Memory) -> Attempted:
    return Attempted(sandbox, memory)


async def test_a_mock_answers_without_the_node(attempted: Attempted) -> None:
    mock = to_json({"output": {"id": 7}, "port": "other"})
    result = await attempted("{{ nodes.nowhere }}", type="slack.send", mock=mock, side_effects="once")
    assert (result.status, result.port, result.input, result.logs) == ("succeeded", "other", None, [])
    assert result.output == inline('{"id":7}')
    assert result.cached is False


async def test_a_mock_may_fail(attempted: Attempted) -> None:
    result = await attempted("x", mock=to_json({"failure": {"code": "timeout", "message": "late"}}))
    assert result.failure
    assert (result.status, result.output, result.port) == ("failed", None, None)
    assert (result.failure.code, result.failure.node, result.failure.retryable) == ("timeout", "a", True)


async def test_a_mock_that_is_none_is_a_failure(attempted: Attempted) -> None:
    result = await attempted("x", mock='{"port": 3}')
    assert result.failure
    assert result.failure.code == "invalid_mock"


async def test_a_suspended_node_says_what_for_and_what_it_has_received(attempted: Attempted) -> None:
    result = await attempted("signal")
    assert (result.status, result.directive, result.port, result.output) == (
        "suspended",
        AwaitSignal(),
        None,
        None,
    )
    assert result.logs == ["done"]
    assert result.input
    assert from_json(result.input.json_text or "") == {"what": "signal"}


async def test_what_child_runs_begin_with_is_stored_when_it_is_large(attempted: Attempted) -> None:
    for size, ref in ((10, None), (INLINE_BYTES, "large")):
        directive = (await attempted(config={"what": "spawn", "size": size})).directive
        assert isinstance(directive, SpawnRuns)
        assert directive.items
        assert (directive.items.ref, directive.items.size) == (ref, size + 2)
        assert directive.item == inline("1")


async def test_more_than_the_store_takes_is_a_failure(
    attempted: Attempted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "MAX_LIST_BYTES", 100)
    result = await attempted(config={"what": "spawn", "size": 200})
    assert result.failure
    assert (result.failure.code, result.directive) == ("output_too_large", None)


async def test_an_input_that_is_too_large_for_the_store_is_not_shown(
    attempted: Attempted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "MAX_VALUE_BYTES", 100)
    result = await attempted(type="hold", config={"graph": {"note": "ł" * 60}})
    assert (result.status, result.input) == ("succeeded", None)
    assert "141 bytes" in result.logs[0]


async def test_a_node_with_side_effects_cannot_be_suspended(attempted: Attempted) -> None:
    result = await attempted("signal", side_effects="once")
    assert result.failure
    assert (result.failure.code, result.directive, result.status) == ("internal", None, "failed")


async def test_bodies_are_not_evaluated(attempted: Attempted) -> None:
    result = await attempted(type="hold", config={"graph": {"a": "{{ item.x }}"}})
    assert result.input
    assert from_json(result.input.json_text or "")["graph"] == {"a": "{{ item.x }}"}


async def test_a_node_is_told_its_turn_and_state(attempted: Attempted) -> None:
    result = await attempted("turn", turn=3, state=Value(ref="large", size=9), dry=True)
    assert result.turn == 3
    assert result.output
    told = from_json(result.output.json_text or "")
    assert told == {"turn": 3, "state": "large", "dry": True}


async def test_an_answer_is_given_again_for_as_long_as_it_lasts(attempted: Attempted, memory: Memory) -> None:
    first = await attempted("x", cache_ttl_s=60, turn=1)
    again = await attempted("{{ 'x' }}", cache_ttl_s=60, turn=2, node="b")
    assert (first.cached, again.cached) == (False, True)
    assert (again.node, again.port, again.output, again.input, again.turn) == (
        "b", "other", first.output, first.input, 2
    )  # fmt: skip
    assert (first.logs, again.logs) == (["done"], [])
    [kept] = memory.kept.values()
    assert 0 <= kept.expires_at - first.started_at - 60_000 < 60_000
    assert (await attempted("y", cache_ttl_s=60)).cached is False


@pytest.mark.parametrize(
    "given",
    [
        {"what": "fail", "cache_ttl_s": 60},
        {"what": "signal", "cache_ttl_s": 60},
        {"type": "hold", "config": {"graph": {}}, "cache_ttl_s": 60},
        {"what": "x", "cache_ttl_s": 60, "dry": True},
        {"what": "x", "cache_ttl_s": 60, "mock": '{"output": 1}'},
        {"what": "x"},
    ],
    ids=["failure", "directive", "container", "dry", "mock", "not asked for"],
)
async def test_what_is_not_remembered(attempted: Attempted, memory: Memory, given: dict[str, Any]) -> None:
    await attempted(**given)
    assert memory.kept == {}
    assert (await attempted(**given)).cached is False


async def test_a_dry_run_gets_no_remembered_answer(attempted: Attempted) -> None:
    await attempted("x", cache_ttl_s=60)
    assert (await attempted("x", cache_ttl_s=60, dry=True)).cached is False
    assert (await attempted("x", cache_ttl_s=60)).cached is True


async def test_without_its_store_a_node_is_run(attempted: Attempted, memory: Memory) -> None:
    await attempted("x", cache_ttl_s=60)
    memory.away = True
    result = await attempted("x", cache_ttl_s=60)
    assert (result.status, result.cached) == ("succeeded", False)
    memory.away = False
    assert (await attempted("x", cache_ttl_s=60)).cached is True


async def test_an_answer_whose_text_is_gone_is_sought_anew(attempted: Attempted, memory: Memory) -> None:
    await attempted("x", cache_ttl_s=60)
    [key] = memory.kept
    memory.kept[key] = Kept("other", Value(ref="gone", size=40_000), memory.kept[key].expires_at)
    assert (await attempted("x", cache_ttl_s=60)).cached is False
    assert memory.kept[key].output == inline('"x"'), "and kept again"
