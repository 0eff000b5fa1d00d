"""The planner's shell when one run of a batch cannot be stored, or the store is away for a moment."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pymongo.errors import AutoReconnect, DocumentTooLarge

from services.planner import handlers
from services.planner.decide import decide
from services.planner.finishing import Finishing
from services.planner.gate import Gate
from services.planner.handlers import Planner
from shared.contracts.events import RunRequested
from shared.contracts.run import Run
from shared.contracts.version import PinnedGraph
from shared.messaging.broker import Delivery, Poison
from tests.builders import finished, graph, run, succeeded, version


class Shelf:
    """Stands in for store, memory and outbox at once: what the planner's shell asks of them, and no more."""

    def __init__(self, *ids: str) -> None:
        self.runs_known = {each: run(each) for each in ids}
        self.pinned = PinnedGraph.of(version(graph("a")))
        self.too_large: set[str] = set()
        self.away = 0
        self.elsewhere: dict[str, Run] = {}
        self.stored: list[str] = []
        self.flushed: list[str] = []

    async def runs(self, groups: Any, *, trust_messages: bool) -> dict[str, Run]:
        return {each: self.runs_known[each] for each in groups if each in self.runs_known}

    async def graphs(self, version_ids: Any) -> dict[str, PinnedGraph]:
        return dict.fromkeys(version_ids, self.pinned)

    async def leave_now(self, finished: Any) -> None: ...

    async def leave(self, finished: Any) -> None: ...

    async def gather(self, runs: Any, graphs: Any, groups: Any) -> dict[str, list[Any]]:
        return {run_id: [each.message for each in heard] for run_id, heard in groups.items()}

    def keep(self, run: Run) -> None: ...

    def forget(self, run_id: str) -> None:
        self.runs_known.update({run_id: self.elsewhere[run_id]} if run_id in self.elsewhere else {})

    def remembers(self, run_id: str) -> bool:
        return True

    async def saved(self, runs: Sequence[Run]) -> set[str]:
        return {each.id for each in runs if self.elsewhere.get(each.id, each) == each}

    async def take(self, groups: Any, flush: Any) -> Any:
        return groups

    async def store_results(self, works: Any) -> None: ...

    async def complete(self, works: Any) -> None: ...

    async def begin(self, works: Any, flush: Any, told: Any) -> None: ...

    def tell(self, works: Any, told: Any) -> None: ...

    async def save(self, runs: Sequence[Run]) -> set[str]:
        if self.away:
            self.away -= 1
            raise AutoReconnect("the store is away")
        if any(each.id in self.too_large for each in runs):
            raise DocumentTooLarge("too large")
        self.stored += [each.id for each in runs]
        return {each.id for each in runs}

    def sent(self, run_id: str) -> int:
        return 0

    async def flush(self, saves: Any, now: int) -> list[Run]:
        self.flushed += [each.run.id for each in saves]
        return [each.run for each in saves]


def planner(shelf: Shelf) -> Planner:
    part = cast("Any", shelf)
    return Planner("planner_1", part, part, part, part, part, part, part, part, Gate(part, part), Finishing())


def deliveries(*ids: str) -> list[Delivery]:
    raw = cast("Any", SimpleNamespace(raw_message=SimpleNamespace(redelivered=False)))
    return [Delivery(RunRequested(run_id=each), "", raw) for each in ids]


async def outcome(work: Planner, *ids: str) -> dict[str, BaseException | None]:
    return dict(zip(ids, await work._process(deliveries(*ids)), strict=True))


async def test_a_run_that_cannot_be_stored_fails_alone() -> None:
    shelf = Shelf("good", "huge", "fine")
    shelf.too_large = {"huge"}
    ended = await outcome(planner(shelf), "good", "huge", "fine")
    assert ended["good"] is None
    assert ended["fine"] is None
    assert isinstance(ended["huge"], DocumentTooLarge)
    assert shelf.stored == shelf.flushed == ["good", "fine"]


async def test_an_unknown_run_fails_alone() -> None:
    shelf = Shelf("good")
    ended = await outcome(planner(shelf), "good", "nobody")
    assert ended["good"] is None
    assert isinstance(ended["nobody"], Poison)


@pytest.mark.parametrize("times", [1, 3])
async def test_a_store_that_is_away_is_waited_for(times: int) -> None:
    shelf = Shelf("one", "two")
    shelf.away = times
    assert await outcome(planner(shelf), "one", "two") == {"one": None, "two": None}
    assert sorted(shelf.flushed) == ["one", "two"]


async def test_what_says_nothing_to_a_remembered_run_is_asked_of_the_stored_one() -> None:
    """Another planner has carried the run on meanwhile; its answer must not be lost on the old one."""
    shelf = Shelf("one")
    started = decide(run("one"), shelf.pinned, [RunRequested(run_id="one")], 1).run
    ready = started.nodes["a"].model_copy(update={"head_attempt": 2, "attempt": 2})
    shelf.runs_known["one"] = started
    shelf.elsewhere["one"] = started.model_copy(update={"rev": 7, "nodes": {"a": ready}})
    answer = finished(succeeded("a", attempt=2), run_id="one")
    raw = cast("Any", None)
    assert await planner(shelf)._process([Delivery(answer, "", raw)]) == [None]
    assert shelf.stored == ["one"]


class Ending(Shelf):
    """Every run ends with its first save, and none can be recorded."""

    async def flush(self, saves: Any, now: int) -> list[Run]:
        return [each.run.model_copy(update={"status": "succeeded"}) for each in saves]

    async def record(self, runs: Sequence[Run]) -> list[Run]:
        raise AutoReconnect("the store is away")


async def test_what_cannot_be_recorded_yet_does_not_harm_the_messages_that_led_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They have been carried: that they fail would send them to the dead letters."""
    monkeypatch.setattr(handlers, "BATCH", 2)
    work = planner(Ending("one", "two"))
    assert await outcome(work, "one", "two") == {"one": None, "two": None}
    await work.drain()
