"""Rules on a real store: one alert for one occasion, whatever crashes and however many planners look."""

import asyncio
from typing import Any

import pytest

from services.planner.alerting import finished as finished_module
from services.planner.alerting import looking as looking_module
from services.planner.alerting.finished import FinishedRuns
from services.planner.alerting.firing import Firing
from services.planner.alerting.looking import Looking
from shared.contracts.alert import Alert, AlertRule
from shared.contracts.failure import failure
from shared.contracts.run import Run
from shared.contracts.usage import Usage
from shared.contracts.value import inline
from shared.ids import new_id, now_ms
from shared.storage.alert_rules import AlertRules
from shared.storage.alert_states import AlertStates
from shared.storage.alerts import Alerts
from shared.storage.deliveries import Deliveries
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from tests.builders import NOW, run

HOUR_MS = 3_600_000


class Planner:
    """The alerting parts of one planner, as they are put together in `parts.py`."""

    def __init__(self, store: Store) -> None:
        self.firing = Firing(store, public_url="https://weft.example.com")
        self.hook = FinishedRuns(store, self.firing)
        self.looking = Looking(store, self.firing, self.hook, lambda _: True)

    async def look(self) -> None:
        """Look at every rule now, whenever that was last."""
        self.looking._round_at, self.looking._next, self.looking._again = 0.0, {}, {}
        await self.looking.look()


@pytest.fixture(autouse=True)
def rules_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finished_module, "KNOWN_S", 0.0)


async def saved(store: Store, kind: str, **changes: Any) -> AlertRule:
    fields = {name: changes.pop(name) for name in list(changes) if name in AlertRule.model_fields}
    given = {
        "id": new_id("rule"), "workspace_id": "default", "name": "Watch", "severity": "warning",
        "cooldown_s": 0, "channels": ["chan_1", "chan_2"], "active": True, "rev": 1, "since": 0,
        "created_at": 0, "updated_at": 0, "condition": {"kind": kind, **changes}, **fields,
    }  # fmt: skip
    rule = AlertRule.model_validate(given)
    await AlertRules(store).insert(rule)
    return rule


def ended(status: str = "failed", **changes: Any) -> Run:
    now = now_ms()
    broken = failure("timeout", "too slow", node="a") if status == "failed" else None
    given = {"workflow_id": "wf_1", "status": status, "failure": broken, "output": inline("1"),
             "created_at": now - 1000, "finished_at": now, **changes}  # fmt: skip
    return run(new_id("run"), **given)


async def alerts(store: Store) -> list[Alert]:
    return await Alerts(store).page("default", before=None, limit=100)


async def sent(store: Store) -> int:
    return len(await Deliveries(store).page("default", before=None, limit=1000))


async def test_a_failed_run_is_told_once_to_each_channel(store: Store) -> None:
    rule, broken, planner = await saved(store, "failure"), ended(), Planner(store)
    for each in (planner, planner, Planner(store)):
        await each.hook.see([broken, ended("succeeded")])
    [found] = await alerts(store)
    assert (found.rule_id, found.run_id, found.workflow_id) == (rule.id, broken.id, "wf_1")
    assert found.failure
    assert found.failure.code == "timeout"
    assert await sent(store) == 2


async def test_a_pause_is_kept_of_each_workflow_by_all_planners(store: Store) -> None:
    await saved(store, "failure", cooldown_s=600)
    planners = [Planner(store) for _ in range(3)]
    runs = [ended(workflow_id=f"wf_{number % 2}") for number in range(30)]
    slices = [runs[start::3] for start in range(3)]
    seeing = [planner.hook.see(part) for planner, part in zip(planners, slices, strict=True)]
    await asyncio.gather(*seeing)
    await asyncio.gather(*(planner.hook.see(runs) for planner in planners))
    assert sorted(each.workflow_id or "" for each in await alerts(store)) == ["wf_0", "wf_1"]
    assert await sent(store) == 4


async def test_what_a_planner_fired_and_did_not_tell_another_tells(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies between the two writes."""
    await saved(store, "failure", cooldown_s=600)
    dying = Planner(store)

    async def die(_: object) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(dying.firing, "_tell_state", die)
    with pytest.raises(ConnectionError):
        await dying.hook.see([ended()])
    assert await alerts(store) == []
    await Planner(store).look()
    assert (len(await alerts(store)), await sent(store)) == (1, 2)
    assert await AlertStates(store).untold(9) == []


async def test_deliveries_that_a_crash_left_out_are_made_when_the_run_is_seen_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await saved(store, "failure")
    dying, broken = Planner(store), ended()

    async def die(_: object) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(dying.firing._deliveries, "insert", die)
    with pytest.raises(ConnectionError):
        await dying.hook.see([broken])
    assert await sent(store) == 0
    await Planner(store).hook.see([broken])
    assert (len(await alerts(store)), await sent(store)) == (1, 2)


async def test_a_share_of_failures_is_said_once_a_window(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking_module, "TOUCHED_S", 600)
    monkeypatch.setattr(looking_module, "ROUND_S", 600)
    await saved(store, "failure_rate", share=0.5, window_s=600, min_runs=4)
    planner, runs = Planner(store), Runs(store)
    old = ended(finished_at=now_ms() - HOUR_MS, created_at=now_ms() - HOUR_MS)
    first = [old, ended(), ended("succeeded"), ended("succeeded"), ended("cancelled")]
    await runs.insert_many(first)
    await planner.hook.see(first)
    await planner.looking.look()
    assert await alerts(store) == [], "one of three"
    more = [ended(), ended("succeeded"), ended()]
    await runs.insert_many(more)
    await planner.hook.see(more)
    await planner.looking.look()
    assert await alerts(store) == [], "it was looked at a moment ago"
    planner.looking._again = {}
    await planner.looking.look()
    [found] = await alerts(store)
    assert found.said == "3 of 6 runs have failed within 10 minutes (50%)."
    await asyncio.gather(planner.look(), Planner(store).look())
    assert len(await alerts(store)) == 1


async def test_what_is_overdue_is_said_while_it_runs(store: Store) -> None:
    await saved(store, "overdue", after_s=60)
    late = ended("running", finished_at=None, created_at=now_ms() - 61_000, failure=None)
    early = ended("running", finished_at=None, failure=None)
    over = ended("succeeded", created_at=now_ms() - 90_000)
    await Runs(store).insert_many([late, early, over])
    await asyncio.gather(Planner(store).look(), Planner(store).look())
    planner = Planner(store)
    await planner.look()
    await planner.look()
    [found] = await alerts(store)
    assert (found.run_id, found.at) == (late.id, late.created_at + 60_000)


async def test_no_success_is_said_of_each_workflow_named(store: Store) -> None:
    await saved(store, "no_success", hours=2, workflows=["wf_1", "wf_2"])
    await saved(store, "no_success", hours=2)
    await saved(store, "no_success", hours=2, since=now_ms())
    long_ago = now_ms() - 3 * HOUR_MS
    await Runs(store).insert_many(
        [ended("succeeded"), ended(workflow_id="wf_2"),
         ended("succeeded", workflow_id="wf_2", created_at=long_ago, finished_at=long_ago)]
    )  # fmt: skip
    await asyncio.gather(*(Planner(store).look() for _ in range(3)))
    [found] = await alerts(store)
    assert (found.workflow_id, found.said) == ("wf_2", "No run has succeeded for 2 hours.")


async def test_what_a_day_has_cost_is_said_once_a_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking_module, "now_ms", lambda: NOW + 2_000)  # no day ends while the test runs
    ends = {"created_at": NOW, "finished_at": NOW + 1_000}
    await saved(store, "cost", more_than_usd=1.0, per="day")
    planner, runs = Planner(store), Runs(store)
    paid = [ended("succeeded", usage=Usage(cost_usd=0.4), **ends) for _ in range(3)]
    await runs.insert_many(paid[:2])
    await planner.hook.see(paid[:2])
    await planner.looking.look()
    assert await alerts(store) == []
    await runs.insert_many(paid[2:])
    await planner.hook.see(paid[2:])
    await planner.look()
    await planner.look()
    assert [each.said for each in await alerts(store)] == ["Runs have cost $1.20 this day, more than $1.00."]


async def test_rules_of_another_workspace_see_nothing(store: Store) -> None:
    await saved(store, "failure", workspace_id="other")
    await saved(store, "failure_rate", share=0.1, window_s=600, min_runs=1, workspace_id="other")
    planner, broken = Planner(store), ended()
    await Runs(store).insert(broken)
    await planner.hook.see([broken])
    await planner.look()
    assert [each["_id"] for each in await store["alerts"].find({})] == []
