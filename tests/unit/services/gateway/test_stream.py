"""When a stream trusts a hint, and when it asks the store."""

from typing import Any
from unittest.mock import AsyncMock

from services.gateway.stream import Stream
from services.gateway.watch import Follower, Watchers
from shared.contracts.events import Change, NodeProgress
from shared.contracts.run import Cause, Event, Run
from shared.contracts.value import inline

KEPT = {number: Event(type=f"e{number}", at=0) for number in range(1, 6)}
MAY = AsyncMock(return_value=True)


class Kept:
    """A store that holds one run with five events, of which the last ends it."""

    heartbeat_s = 0.001

    def __init__(self, seq: int, status: str) -> None:
        self.watchers = Watchers()
        self.run_events = self
        self.now: Any = (seq, status)

    async def run(self, workspace_id: str, run_id: str) -> Run:
        """The run as it is now."""
        seq, status = self.now
        known = {"id": run_id, "workspace_id": workspace_id, "version": "v", "rev": 0, "created_at": 0}
        state = {"trigger": Cause(kind="api"), "input": inline("1"), "seq": seq, "status": status}
        return Run.model_validate({**known, **state})

    async def after(self, run_id: str, seq: int) -> dict[int, Event]:
        """What is recorded."""
        return {number: event for number, event in KEPT.items() if seq < number <= self.now[0]}


def ids(text: bytes) -> list[int]:
    """The numbers of the events in a piece of stream."""
    return [int(line[4:]) for line in text.splitlines() if line.startswith(b"id: ")]


async def test_what_an_overflow_has_dropped_comes_from_the_store() -> None:
    kept = Kept(1, "running")
    stream = Stream(kept, await kept.run("w", "r"), 0, MAY)  # type: ignore[arg-type]
    parts = aiter(stream)
    assert ids(await anext(parts)) == [1]
    kept.now = (3, "running")
    follower = _only(kept.watchers)
    follower.put(NodeProgress(run_id="r", node="a", attempt=1, at=0, text="x"))
    follower.behind = True
    told = await anext(parts)
    assert ids(told) == [2, 3]
    assert b"node.progress" in told


async def test_a_hint_that_leaves_a_gap_is_not_trusted() -> None:
    kept = Kept(1, "running")
    parts = aiter(Stream(kept, await kept.run("w", "r"), 0, MAY))  # type: ignore[arg-type]
    await anext(parts)
    kept.now = (5, "succeeded")
    _only(kept.watchers).put(
        Change(run_id="r", workspace_id="w", status="succeeded", events={"4": KEPT[4], "5": KEPT[5]})
    )
    assert ids(await anext(parts)) == [2, 3, 4, 5]
    assert [part async for part in parts] == []
    assert len(kept.watchers) == 0


async def test_a_hint_that_follows_is_sent_as_it_is() -> None:
    kept = Kept(1, "running")
    parts = aiter(Stream(kept, await kept.run("w", "r"), 0, MAY))  # type: ignore[arg-type]
    await anext(parts)
    follower = _only(kept.watchers)
    follower.put(Change(run_id="r", workspace_id="w", status="running", events={"1": KEPT[1], "2": KEPT[2]}))
    assert ids(await anext(parts)) == [2]


def _only(watchers: Watchers) -> Follower:
    return next(iter(watchers._followers["r"]))
