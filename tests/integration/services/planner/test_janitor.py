"""What is not needed any more is removed, and nothing else is."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from ulid import ULID

from services.planner import sweep
from services.planner.janitor import DAY_MS, Janitor, Keep
from shared.contracts.identity import Workspace
from shared.contracts.node_run import NodeRun
from shared.contracts.plan import Plan
from shared.contracts.run import Event, NodeState, Run
from shared.contracts.value import Value, inline
from shared.storage.cache import Cache, Kept
from shared.storage.idempotency import Idempotency, Reservation
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from shared.storage.payloads import Payloads
from shared.storage.run_events import RunEvents
from shared.storage.runs import Runs
from shared.storage.sources import Sources
from shared.storage.versions import Versions
from shared.storage.workspaces import Workspaces
from tests.builders import NOW, WORKSPACE, graph, run, version

KEEP = Keep(runs=30, keys=7, dead_letters=90)
EVERYTHING = {"runs": 1, "run_events": 1, "node_runs": 1}


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that everything goes over several pages, without pauses."""
    monkeypatch.setattr(sweep, "PAGE", 2)
    monkeypatch.setattr(sweep, "PAUSE_S", 0)


def run_id(days: float) -> str:
    """The id of a run that is begun so many days after the beginning of the test's time."""
    return f"run_{ULID.from_timestamp((NOW + days * DAY_MS) / 1000)}"


async def stored(store: Store, begun: float, finished: float | None, **changes: Any) -> Run:
    """A run with an event and a result, begun and finished on these days; unfinished without the latter."""
    ended = {} if finished is None else {"status": "succeeded", "finished_at": int(NOW + finished * DAY_MS)}
    wake_at = NOW if finished is None else None
    made = run(changes.pop("id", run_id(begun)), **{"wake_at": wake_at, **ended, **changes})
    await Runs(store).insert(made)
    await RunEvents(store).insert([(made.id, {"1": Event(type="run.started", at=NOW)})])
    await NodeRuns(store).insert([result_of(made)])
    return made


def result_of(of: Run) -> NodeRun:
    return NodeRun(id=f"{of.id}:a:1", run_id=of.id, workspace_id=WORKSPACE, created_at=NOW)


async def cleaned(store: Store, day: float, keep: Keep = KEEP) -> dict[str, int]:
    return await Janitor(store, keep).round(int(NOW + day * DAY_MS))


async def left(store: Store, name: str) -> set[str]:
    return {each["_id"] for each in await store[name].find({})}


async def test_runs_go_with_all_of_theirs_thirty_days_after_they_have_finished(store: Store) -> None:
    for begun in range(5):
        old = await stored(store, begun / 10, 1)
        await stored(store, 0, 1, id=f"{old.id}.each.0", level="child", parent_id=old.id)
    young = await stored(store, 0.5, 5)
    assert await cleaned(store, 30.9) == {}
    assert await cleaned(store, 31.1) == dict.fromkeys(EVERYTHING, 10)
    assert await left(store, "runs") == {young.id}
    assert await left(store, "run_events") == {f"{young.id}:0000000001"}
    assert await left(store, "node_runs") == {f"{young.id}:a:1"}
    assert await cleaned(store, 31.1) == {}


async def test_what_has_not_finished_and_been_recorded_stays(store: Store) -> None:
    waiting = await stored(store, 0, None)
    unrecorded = await stored(store, 0, 1, wake_at=NOW)
    assert await cleaned(store, 400) == {}
    assert await left(store, "runs") == {waiting.id, unrecorded.id}


@pytest.mark.parametrize(
    "child",
    [{"finished": None, "wake_at": None}, {"finished": 1, "wake_at": NOW}, {"finished": 25}],
    ids=["it runs", "it is not recorded", "it has finished later"],
)
async def test_a_run_stays_with_a_child_run_that_outlives_it(store: Store, child: dict[str, Any]) -> None:
    parent = await stored(store, 0, 1)
    await stored(store, 1, id=f"{parent.id}.call.0", level="child", parent_id=parent.id, **child)
    assert await cleaned(store, 40) == {}
    assert len(await left(store, "runs")) == 2


async def test_a_run_stays_for_as_long_as_another_one_has_its_results(store: Store) -> None:
    old = await stored(store, 0, 1)
    await Sources(store).hold(again := run_id(20), [old.id], int(NOW + 20 * DAY_MS))
    done = {"a": NodeState(status="succeeded", head="a", head_attempt=1, source=old.id)}
    await stored(store, 20, 25, id=again, rerun_of=old.id, nodes=done)
    assert await cleaned(store, 40) == {}
    assert (await cleaned(store, 56))["runs"] == 1, "the one that was run again"
    assert await cleaned(store, 56) == {**EVERYTHING}
    assert await left(store, "node_runs") == set()


async def test_results_stay_that_a_run_is_just_about_to_take_over(store: Store) -> None:
    """It has found the old run; the janitor removes that before the new one is inserted."""
    old = await stored(store, 0, 1)
    await Runs(store).insert(run(run_id(39), wake_at=NOW))
    await store["runs"].delete({"_id": old.id})
    await Sources(store).hold("run_not_inserted", [old.id], int(NOW + 40 * DAY_MS))
    assert "node_runs" not in await cleaned(store, 40)
    assert (await cleaned(store, 41))["node_runs"] == 1, "it has never been inserted"
    assert await left(store, "sources") == set()


async def test_what_a_crash_has_left_behind_is_removed(store: Store) -> None:
    old = await stored(store, 0, 1)
    await stored(store, 0, 1, id=f"{old.id}.each.0", level="child", parent_id=old.id)
    await store["runs"].delete({"_id": old.id})
    assert await cleaned(store, 40) == {"runs": 1, "run_events": 2, "node_runs": 2}


async def test_two_at_once_do_no_harm(store: Store) -> None:
    for begun in range(5):
        await stored(store, begun / 10, 1)
    young = await stored(store, 39, None)
    one, other = await asyncio.gather(cleaned(store, 40), cleaned(store, 40))
    assert one.get("runs", 0) + other.get("runs", 0) == 5
    assert await left(store, "runs") == {young.id}


async def test_large_values_go_when_no_run_can_have_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads = Payloads(store)

    async def put(text: str, day: float) -> Value:
        monkeypatch.setattr("shared.storage.payloads.now_ms", lambda: int(NOW + day * DAY_MS))
        return await payloads.refer(text)

    unused, again, result = [await put(f'"{name}"', 0) for name in ("u", "a", "r")]
    waited_for = await put(f'"{"w" * 900_000}"', 0)
    assert await put('"a"', 50) == again
    waiting = await stored(store, 0, None, outer={"n": waited_for})
    kept = result_of(waiting).model_copy(update={"id": f"{waiting.id}:b:1", "results": []})
    await store["node_runs"].insert_one(
        {**kept.model_dump(by_alias=True), "results": [{"output": result.model_dump()}]}
    )
    assert await cleaned(store, 31) == {}, "a run of then may still be there"
    assert await cleaned(store, 60) == {"payloads": 1}
    needed = [each.ref or "" for each in (again, waited_for, result)]
    assert await left(store, "payloads") == await payloads.with_parts(needed)
    assert await payloads.text(waited_for)
    assert unused.ref not in await left(store, "payloads")


async def test_ad_hoc_versions_go_when_no_run_can_have_them(store: Store) -> None:
    versions, frozen = Versions(store), version(graph("a > b"))
    for name, day in (("unused", 0), ("waits", 0), ("again", 0), ("again", 50)):
        await versions.use(frozen.model_copy(update={"id": f"adhoc:{name}"}), int(NOW + day * DAY_MS))
    await versions.insert(frozen)
    await stored(store, 0, None, version="adhoc:waits#each.graph")
    assert await cleaned(store, 60) == {"versions": 1}
    assert await left(store, "versions") == {"adhoc:waits", "adhoc:again", "wf_1:1"}
    assert await versions.get(WORKSPACE, "adhoc:again")


async def test_dead_letters_go_with_their_bodies(store: Store) -> None:
    for day in (0, 9):
        received = {"_id": f"dead_{day}", "received_at": int(NOW + day * DAY_MS)}
        assert await store["dead_letters"].insert_one(received)
        assert await store["dead_bodies"].insert_one(received)
    assert await cleaned(store, 91) == {"dead_letters": 1, "dead_bodies": 1}
    assert await left(store, "dead_letters") == {"dead_9"}


async def test_keys_and_expired_answers_go_and_what_is_kept_for_ever_stays(store: Store) -> None:
    old = await stored(store, 0, 1)
    keys = Idempotency(store)
    for name, day in (("old", 0), ("young", 8)):
        wanted = Reservation(old.id, "f")
        await keys.reserve(WORKSPACE, name, wanted, created_at=int(NOW + day * DAY_MS))
    for name, day in (("expired", 9), ("fresh", 11)):
        await Cache(store).keep(name, "w", Kept("out", inline("1"), int(NOW + day * DAY_MS)))
    assert await cleaned(store, 10, Keep(0, 0, 0)) == {"cache": 1}
    assert await cleaned(store, 10) == {"idempotency": 1}
    assert await keys.find(WORKSPACE, "young")
    assert not await keys.find(WORKSPACE, "old")
    assert await cleaned(store, 4000, Keep(0, 0, 0)) == {"cache": 1}
    assert await left(store, "runs") == {old.id}


async def test_the_audit_log_goes_after_its_time_and_links_that_have_run_out_with_them(store: Store) -> None:
    for day in (0, 9):
        await store["audit"].insert_one({"_id": f"aud_{day}", "at": int(NOW + day * DAY_MS)})
        await store["password_resets"].insert_one(
            {"_id": f"rst_{day}", "expires_at": int(NOW + day * DAY_MS)}
        )
    assert await cleaned(store, 400) == {"password_resets": 2}, "who did what is kept for ever unless told"
    assert await cleaned(store, 366, replace(KEEP, audit=365)) == {"audit": 1}
    assert await left(store, "audit") == {"aud_9"}


async def test_a_plan_may_keep_runs_for_a_shorter_time(store: Store) -> None:
    for name, plan in (("small", "short"), ("big", "long")):
        await Workspaces(store).insert(Workspace(id=name, name=name, plan=plan, created_at=NOW))
        old = await stored(store, 0, 1, workspace_id=name)
        await stored(store, 0, 1, id=f"{old.id}.each.0", level="child", parent_id=old.id, workspace_id=name)
        await stored(store, 0, 5, workspace_id=name)
    plans = {"short": Plan(title="Short", history_days=3), "long": Plan(title="Long")}

    async def round_of(day: float, keep: float) -> dict[str, int]:
        janitor = Janitor(store, Keep(runs=keep, keys=0, dead_letters=0), plans)
        return await janitor.round(int(NOW + day * DAY_MS))

    assert await round_of(3.9, 0) == {}
    assert await round_of(4.1, 30) == dict.fromkeys(EVERYTHING, 2)
    assert await round_of(8.1, 0) == EVERYTHING
    assert {each["workspace_id"] for each in await store["runs"].find({})} == {"big"}
