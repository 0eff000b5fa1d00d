"""Slots on a real store: contended, repeated, and mended after a crash."""

import asyncio
from typing import Any

import pytest

from services.planner import slots as module
from services.planner.slots import Slots
from shared.contracts.run import Run
from shared.contracts.value import to_json
from shared.contracts.version import PinnedGraph
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from shared.storage.runs import Runs
from shared.storage.slots import SlotStore
from tests.builders import graph, pinned, run

PATH = "{{ trigger.customer }}"


def limited(limit: int = 1, key: str = "db", when_full: str = "queue") -> PinnedGraph:
    terms = {"key": key, "limit": limit, "when_full": when_full}
    return pinned(graph("a", settings={"concurrency": terms}))


def slots_of(store: Store) -> Slots:
    return Slots(SlotStore(store), Runs(store), Payloads(store))


@pytest.fixture
def slots(store: Store) -> Slots:
    return slots_of(store)


async def inserted(store: Store, run_id: str, **changes: Any) -> Run:
    made = run(run_id, **changes)
    await Runs(store).insert(made)
    return made


async def for_customer(store: Store, run_id: str, given: Any) -> Run:
    return await inserted(store, run_id, input=await Payloads(store).put(to_json(given)))


async def verdicts(slots: Slots, of: PinnedGraph, *runs: Run) -> list[str]:
    admitted = await slots.admit([(each, of) for each in runs])
    return [admitted.of[each.id].answer for each in runs]


async def test_of_twenty_that_come_at_once_through_two_planners_three_start(store: Store) -> None:
    of = limited(3)
    planners = [slots_of(store), slots_of(store)]
    runs = [await inserted(store, f"run_{number:02}") for number in range(20)]
    asked = [planners[n % 2].admit([(each, of)]) for n, each in enumerate(runs)]
    told = {run_id: each for found in await asyncio.gather(*asked) for run_id, each in found.of.items()}
    running = {run_id for run_id, each in told.items() if each.answer == "granted"}
    assert (len(running), len(told)) == (3, 20)
    came: list[str] = sorted(running)
    while running:
        finished = [(each, of) for each in runs if each.id in running]
        released = await asyncio.gather(
            *(planner.release([each]) for planner in planners for each in finished)
        )
        woken = [run_id for run_ids in released for run_id in run_ids]
        assert len(woken) == len(set(woken)) == min(3, 20 - len(came)), "each slot is given out once"
        running = set(woken)
        came += woken
    assert sorted(came) == [each.id for each in runs]


async def test_a_batch_is_one_write(store: Store, slots: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    saves: list[int] = []
    save = SlotStore.save

    async def counted(self: SlotStore, changed: Any) -> set[str]:
        saves.append(len(changed))
        return await save(self, changed)

    monkeypatch.setattr(SlotStore, "save", counted)
    runs = [await inserted(store, f"run_{number}") for number in range(50)]
    first = await slots.admit([(each, limited(2)) for each in runs])
    again = await slots.admit([(each, limited(2)) for each in runs])
    assert first == again
    assert [each for each in saves if each] == [1], "asking again writes nothing"


async def test_a_path_gives_each_customer_slots_of_their_own(store: Store, slots: Slots) -> None:
    large = {"name": "b", "notes": "x" * 50_000}
    swapped = dict(reversed(large.items()))
    customers = ["a", "b", "a", None, "null", large, swapped, "db"]
    given = [{}, *({"customer": each} for each in customers)]
    runs = [await for_customer(store, f"run_{number}", each) for number, each in enumerate(given)]
    told = await verdicts(slots, limited(key=PATH), *runs)
    assert told == [
        "granted", "granted", "granted", "waiting", "waiting", "granted", "granted", "waiting", "granted",
    ]  # fmt: skip


async def test_workflows_do_not_share_keys_and_graphs_without_one_do(store: Store, slots: Slots) -> None:
    places = [("w1", "wf_1"), ("w1", "wf_2"), ("w2", "wf_1"), ("w1", None), ("w1", None), ("w2", None)]
    runs = [
        await inserted(store, f"run_{number}", workspace_id=workspace, workflow_id=workflow)
        for number, (workspace, workflow) in enumerate(places)
    ]
    told = await verdicts(slots, limited(), *runs)
    assert told == ["granted", "granted", "granted", "granted", "waiting", "granted"]


async def test_child_runs_dry_runs_and_runs_without_a_key_need_no_slot(store: Store, slots: Slots) -> None:
    await verdicts(slots, limited(), await inserted(store, "run_1"))
    free = [run("run_1.each.0", level="child"), run("run_2", dry=True)]
    assert await verdicts(slots, limited(), *free) == ["granted", "granted"]
    assert await verdicts(slots, pinned(graph("a")), run("run_3")) == ["granted"]
    assert await slots.release([(free[0], limited()), (run("run_3"), pinned(graph("a")))]) == []


async def test_the_running_are_named_that_a_newer_run_replaces(store: Store, slots: Slots) -> None:
    of = limited(when_full="cancel_running")
    old, new = [await inserted(store, run_id) for run_id in ("run_1", "run_2")]
    assert (await slots.admit([(old, of)])).cancel == []
    assert (await slots.admit([(new, of)])).cancel == ["run_1"]
    assert await slots.release([(old, of)]) == ["run_2"]
    assert await verdicts(slots, of, new) == ["granted"]


async def test_slots_of_runs_that_have_finished_or_are_gone_come_free(store: Store, slots: Slots) -> None:
    of = limited(4)
    statuses = ["succeeded", "running", "paused", None, "queued", "cancelled", "queued", "queued"]
    runs = [run(f"run_{number}") for number in range(len(statuses))]
    assert (await verdicts(slots, of, *runs)).count("granted") == 4
    for each, status in zip(runs, statuses, strict=True):
        if status:
            await Runs(store).insert(each.model_copy(update={"status": status}))
    assert await slots.sweep() == ["run_4", "run_6"]
    assert await slots.sweep() == ["run_4", "run_6"], "until they have begun, they are woken again"
    assert await verdicts(slots, of, runs[7], runs[4]) == ["waiting", "granted"]


async def test_a_run_that_has_not_heard_that_it_is_cancelled_is_woken(store: Store, slots: Slots) -> None:
    of = limited(when_full="cancel_running")
    first, second, third = [await inserted(store, f"run_{n}", status="queued") for n in (1, 2, 3)]
    assert await verdicts(slots, of, first, second) == ["granted", "waiting"]
    await Runs(store).save([first.model_copy(update={"rev": 2, "status": "running"})])
    assert (await slots.admit([(third, of)])).cancel == ["run_2", "run_1"]
    assert await slots.sweep() == ["run_2"]
    assert (await slots.admit([(run("run_2"), of)])).cancel == ["run_2"]


async def test_keys_that_nobody_uses_are_forgotten(
    store: Store, slots: Slots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SWEEP_PAGE", 2)
    runs = [await for_customer(store, f"run_{number}", {"customer": number}) for number in range(5)]
    assert set(await verdicts(slots, limited(key=PATH), *runs)) == {"granted"}
    assert await slots.release([(each, limited(key=PATH)) for each in runs[1:]]) == []
    for _ in range(3):
        await slots.sweep()
    assert [each.holders for each in await SlotStore(store).page("", 10)] == [["run_0"]]
    for _ in range(3):
        assert set(await slots.sweep()) <= {"run_0"}
    assert set(await verdicts(slots, limited(key=PATH), *runs)) == {"granted"}
