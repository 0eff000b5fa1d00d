"""What rules have to say, and of what they say nothing."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.planner.alerting.notices import deliveries_of, notice_of
from services.planner.alerting.rules import (
    alert_of,
    in_finished,
    in_silence,
    in_spending,
    in_unfinished,
    in_window,
    pause_ms,
    period_start,
)
from shared.contracts.alert import AlertRule, OnCost
from shared.contracts.failure import failure
from shared.contracts.usage import Usage
from shared.contracts.value import Value, inline
from tests.builders import NOW, run

HOUR_MS = 3_600_000
TEN_DAYS_S = 864_000


def rule(kind: str, *, since: int = 0, **changes: Any) -> AlertRule:
    """A rule of that kind; what is given beyond the fields of rules belongs to its condition."""
    fields = {name: changes.pop(name) for name in list(changes) if name in AlertRule.model_fields}
    given = {
        "id": "rule_1", "workspace_id": "default", "name": "Watch", "severity": "warning", "cooldown_s": 0,
        "active": True, "rev": 1, "since": since, "created_at": 0, "updated_at": 0,
        "condition": {"kind": kind, **changes}, **fields,
    }  # fmt: skip
    return AlertRule.model_validate(given)


def ended(status: str = "succeeded", **changes: Any) -> Any:
    """A run of `wf_1` that has taken ten seconds."""
    times = {"created_at": NOW - 20_000, "started_at": NOW - 10_000, "finished_at": NOW}
    return run(**{"workflow_id": "wf_1", "status": status, "output": inline("1"), **times, **changes})


FAILED = ended("failed", output=None, failure=failure("timeout", "too slow", node="fetch"))
BIG = Value(ref="sha", size=40_000)


@pytest.mark.parametrize(
    ("of", "run", "said"),
    [
        (rule("failure"), FAILED, "The run has failed."),
        (rule("failure", codes=["timeout", "lost"]), FAILED, "The run has failed."),
        (rule("failure", codes=["lost"]), FAILED, None),
        (rule("failure", workflows=["wf_1"]), FAILED, "The run has failed."),
        (rule("failure", workflows=["wf_2"]), FAILED, None),
        (rule("failure", active=False), FAILED, None),
        (rule("failure"), ended("succeeded"), None),
        (rule("failure"), ended("cancelled"), None),
        (rule("failure"), FAILED.model_copy(update={"dry": True}), None),
        (rule("failure"), FAILED.model_copy(update={"level": "child"}), None),
        (rule("failure"), FAILED.model_copy(update={"workflow_id": None}), "The run has failed."),
        (rule("empty_output"), ended(output=None), "The run has succeeded, but its output is empty."),
        (rule("empty_output"), ended(output=inline('{"a": [], "b": " ", "c": {"d": null}}')), "The run has"),
        (rule("empty_output"), ended(output=inline('{"a": [0]}')), None),
        (rule("empty_output"), ended(output=inline("false")), None),
        (rule("empty_output"), ended(output=BIG), None),
        (rule("empty_output"), FAILED, None),
        (rule("duration", longer_than_s=9), ended(), "The run took 10 seconds, more than 9 seconds."),
        (rule("duration", longer_than_s=10), ended(), None),
        (rule("duration", longer_than_s=9), FAILED, "The run took 10 seconds"),
        (rule("cost", more_than_usd=0.5), ended(usage=Usage(cost_usd=0.51)), "The run has cost $0.51, more"),
        (rule("cost", more_than_usd=0.5), ended(usage=Usage(cost_usd=0.5)), None),
        (rule("cost", more_than_usd=0.5, per="day"), ended(usage=Usage(cost_usd=9)), None),
        (rule("no_success", hours=1), FAILED, None),
        (rule("overdue", after_s=1), FAILED, None),
    ],
)
def test_of_a_run_that_has_finished(of: AlertRule, run: Any, said: str | None) -> None:
    found = in_finished(of, run)
    assert ((found and found.said) or "").startswith(said or "")
    assert (found is None) == (said is None)
    if found:
        assert (found.key, found.scope, found.at) == (run.id, run.workflow_id or "", NOW)


def test_of_a_run_that_has_not_finished() -> None:
    late, open_run = rule("overdue", after_s=20), ended("running", finished_at=None)
    assert in_unfinished(late, open_run, NOW - 1) is None
    found = in_unfinished(late, open_run, NOW + 5_000)
    assert found
    assert (found.at, found.said) == (NOW, "The run has not finished within 20 seconds; it is running.")
    assert in_unfinished(rule("overdue", after_s=20, workflows=["wf_2"]), open_run, NOW) is None


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"failed": 2, "succeeded": 8}, "2 of 10 runs have failed within 10 minutes (20%)."),
        ({"failed": 2, "succeeded": 9}, None),
        ({"failed": 9}, None),
        ({"failed": 2, "succeeded": 7, "cancelled": 5}, None),
        ({}, None),
    ],
)
def test_of_the_share_of_failures(counts: dict[str, int], said: str | None) -> None:
    of = rule("failure_rate", share=0.2, window_s=600)
    found = in_window(of, "wf_1", counts, NOW)
    assert (found and found.said) == said


def test_of_what_a_day_or_month_has_cost() -> None:
    of = rule("cost", more_than_usd=20, per="day")
    assert in_spending(of, "", 20, NOW) is None
    first, later = in_spending(of, "", 20.5, NOW), in_spending(of, "", 99, NOW + 1_000)
    assert first
    assert later
    assert first.said == "Runs have cost $20.50 this day, more than $20.00."
    assert first.key == later.key, "once a day"
    month = OnCost(kind="cost", more_than_usd=1, per="month")
    assert (period_start(month, 1_700_000_000_000)) == 1_698_796_800_000  # 2023-11-01T00:00Z


def test_of_no_success() -> None:
    of = rule("no_success", hours=6)
    found = in_silence(of, "", False, NOW)
    assert found
    assert found.said == "No run has succeeded for 6 hours."
    assert in_silence(of, "", True, NOW) is None
    young = rule("no_success", hours=6, since=NOW - 5 * HOUR_MS)
    assert in_silence(young, "", False, NOW) is None


def test_what_is_true_of_a_span_of_time_is_said_once_in_that_time() -> None:
    assert pause_ms(rule("failure", cooldown_s=5)) == 5_000
    assert pause_ms(rule("failure_rate", share=1, window_s=60, cooldown_s=5)) == 60_000
    assert pause_ms(rule("no_success", hours=1, cooldown_s=7_200)) == 2 * HOUR_MS


def test_the_same_occasion_makes_the_same_alert_and_deliveries() -> None:
    of = rule("failure", channels=["chan_1", "chan_2", "chan_1"])
    occasion = in_finished(of, FAILED)
    assert occasion
    alert, again = alert_of(of, occasion, "Shop"), alert_of(of, occasion, "Shop")
    other = alert_of(rule("failure", id="rule_2"), occasion, "Shop")
    assert alert == again
    assert other.id != alert.id
    sent = deliveries_of(alert, "", NOW)
    assert [each.channel_id for each in sent] == ["chan_1", "chan_2"]
    assert [each.id for each in sent] == [each.id for each in deliveries_of(again, "", NOW + 5)]


def test_a_notice_says_what_happened_where_and_how_to_get_there() -> None:
    of = rule("failure", severity="critical", name="Orders")
    occasion = in_finished(of, FAILED)
    assert occasion
    notice = notice_of(alert_of(of, occasion, "Shop"), "https://weft.example.com/")
    assert notice.title == "[critical] Orders: Shop"
    assert notice.link == "https://weft.example.com/api/v1/workspaces/default/runs/run_1"
    assert dict(notice.facts) == {
        "Workflow": "Shop", "Run": "run_1", "Failure": "timeout", "Node": "fetch", "Message": "too slow",
        "Rule": "Orders",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "duration", "longer_than_s": -1}, {"kind": "duration"}, {"kind": "cost", "more_than_usd": "5"},
     {"kind": "failure_rate", "share": 1.1, "window_s": 60}, {"kind": "x"}, {"kind": "failure", "x": 1},
     {"kind": "no_success", "hours": float("inf")}],
)  # fmt: skip
def test_conditions_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**wrong)
