"""What follows from slots: who is woken, who is cancelled, and that nothing depends on it."""

from collections.abc import Mapping

import pytest

from services.planner.door import Door
from services.planner.memory import Memory
from services.planner.slots import Slots
from shared.contracts.events import RunControl, RunWoken
from shared.contracts.run import Run
from shared.contracts.version import PinnedGraph
from shared.messaging.topology import planner_key
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from shared.storage.runs import Runs
from shared.storage.slots import SlotStore
from shared.storage.versions import Versions
from tests.builders import graph, run, version


class Wire:
    """In place of the bus: keeps what is published, or is away."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.away = False

    async def publish(self, message: RunControl | RunWoken, key: str) -> None:
        if self.away:
            raise ConnectionError("the broker is away")
        assert key == planner_key(message.event, message.run_id)
        self.said.append((message.action if isinstance(message, RunControl) else "wake", message.run_id))


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def graphs(store: Store) -> Mapping[str, PinnedGraph]:
    terms = {"key": "db", "limit": 1, "when_full": "cancel_running"}
    limited = version(graph("a", settings={"concurrency": terms}))
    free = version(graph("a"), version_id="wf_1:2")
    await Versions(store).insert(limited)
    await Versions(store).insert(free)
    return {each.id: PinnedGraph.of(each) for each in (limited, free)}


@pytest.fixture
def door(store: Store, wire: Wire) -> Door:
    runs = Runs(store)
    slots = Slots(SlotStore(store), runs, Payloads(store))
    return Door(wire, Memory(runs, Versions(store)), slots)  # type: ignore[arg-type]


async def told(door: Door, graphs: Mapping[str, PinnedGraph], *runs: Run) -> dict[str, str]:
    return {run_id: each.answer for run_id, each in (await door.admit(runs, graphs)).items()}


async def test_only_queued_runs_with_a_key_are_asked_for(
    door: Door, graphs: Mapping[str, PinnedGraph]
) -> None:
    others = [run("run_2", status="running"), run("run_3", version="wf_1:2"), run("run_4", version="gone")]
    assert await told(door, graphs, run(), *others) == {"run_1": "granted"}


async def test_a_newer_run_has_the_older_cancelled_and_is_woken_when_that_is_gone(
    door: Door, graphs: Mapping[str, PinnedGraph], wire: Wire
) -> None:
    assert await told(door, graphs, run()) == {"run_1": "granted"}
    assert await told(door, graphs, run("run_2")) == {"run_2": "waiting"}
    await door.leave([run(status="cancelled"), run("run_3", version="wf_1:2"), run("run_4", version="gone")])
    assert wire.said == [("cancel", "run_1"), ("wake", "run_2")]


async def test_a_word_that_could_not_be_said_is_said_later(
    door: Door, graphs: Mapping[str, PinnedGraph], wire: Wire, store: Store
) -> None:
    await told(door, graphs, run(), run("run_2"))
    await Runs(store).insert(run("run_2"))
    wire.said, wire.away = [], True
    await door.leave_now([run(status="succeeded")])
    wire.away = False
    await door.leave([run(status="succeeded")])
    assert wire.said == []
    await door.sweep()
    assert wire.said == [("wake", "run_2")]
