"""Whether there is something to be said, and what: `(rule, facts, now) -> Occasion or nothing`. Pure.

`failure`, `empty_output`, `duration`, `overdue` and `cost` per run are about one run; the others about many,
of one workflow or of a whole workspace (`scope`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.contracts.alert import (
    Alert,
    AlertRule,
    OnCost,
    OnDuration,
    OnEmptyOutput,
    OnFailure,
    OnFailureRate,
    OnNoSuccess,
    OnOverdue,
)
from shared.contracts.base import Millis
from shared.contracts.failure import Failure
from shared.contracts.run import Run
from shared.contracts.value import from_json
from shared.ids import made_id

MOST_EMPTY_CHARS = 1_000
"""An output that is longer has something in it, or is not worth looking through."""


@dataclass(frozen=True)
class Occasion:
    """Something to be said. For one `key` a rule says it once; `scope` is the workflow, empty where it is
    none or all of them."""

    key: str
    scope: str
    at: Millis
    said: str
    run_id: str | None = None
    failure: Failure | None = None


def in_finished(rule: AlertRule, run: Run) -> Occasion | None:
    """What a rule has to say of a run that has finished; child runs and dry runs are nobody's business."""
    if run.level != "top" or run.dry or not rule.active or not rule.concerns(run.workflow_id):
        return None
    said, failure = _said_of(rule, run), run.failure if run.status == "failed" else None
    if said is None:
        return None
    at = run.finished_at or run.created_at
    return Occasion(run.id, run.workflow_id or "", at, said, run.id, failure)


def in_unfinished(rule: AlertRule, run: Run, now: Millis) -> Occasion | None:
    """The same of one that has not."""
    condition = rule.condition
    if not isinstance(condition, OnOverdue) or run.dry or not rule.concerns(run.workflow_id):
        return None
    at = run.created_at + int(condition.after_s * 1000)
    if now < at:
        return None
    said = f"The run has not finished within {_long(condition.after_s)}; it is {run.status}."
    return Occasion(run.id, run.workflow_id or "", at, said, run.id)


def in_window(rule: AlertRule, scope: str, counts: Mapping[str, int], now: Millis) -> Occasion | None:
    """`counts`: how many runs have finished within the window, by status. Cancelled ones say nothing."""
    condition = rule.condition
    if not isinstance(condition, OnFailureRate):
        return None
    failed, runs = counts.get("failed", 0), counts.get("failed", 0) + counts.get("succeeded", 0)
    if runs < condition.min_runs or failed < condition.share * runs:
        return None
    within = _long(condition.window_s)
    said = f"{failed} of {runs} runs have failed within {within} ({failed / runs:.0%})."
    return Occasion(str(now), scope, now, said)


def in_spending(rule: AlertRule, scope: str, spent_usd: float, now: Millis) -> Occasion | None:
    """`spent_usd` is what the runs that have finished since `period_start` have cost."""
    condition = rule.condition
    if not isinstance(condition, OnCost) or condition.per == "run" or spent_usd <= condition.more_than_usd:
        return None
    said = (
        f"Runs have cost {_usd(spent_usd)} this {condition.per}, more than {_usd(condition.more_than_usd)}."
    )
    return Occasion(str(period_start(condition, now)), scope, now, said)


def in_silence(rule: AlertRule, scope: str, succeeded: bool, now: Millis) -> Occasion | None:
    """`succeeded`: whether any run has since `quiet_since`. A rule that is younger than that says nothing."""
    condition = rule.condition
    if not isinstance(condition, OnNoSuccess) or succeeded or rule.since > quiet_since(condition, now):
        return None
    return Occasion(str(now), scope, now, f"No run has succeeded for {_long(condition.hours * 3600)}.")


def pause_ms(rule: AlertRule) -> Millis:
    """For how long nothing more is said of the same scope: what is true of a span of time is said once in
    that time."""
    condition, pause = rule.condition, rule.cooldown_s * 1000
    if isinstance(condition, OnFailureRate):
        return max(pause, condition.window_s * 1000)
    if isinstance(condition, OnNoSuccess):
        return max(pause, int(condition.hours * 3_600_000))
    return pause


def scopes(rule: AlertRule) -> list[str]:
    """What figures over many runs are taken of: each workflow named, or all."""
    return rule.workflows or [""]


def period_start(condition: OnCost, now: Millis) -> Millis:
    """When the day or month began, in UTC."""
    today = datetime.fromtimestamp(now / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = today.replace(day=1) if condition.per == "month" else today
    return int(start.timestamp() * 1000)


def quiet_since(condition: OnNoSuccess, now: Millis) -> Millis:
    """From when on a success is wanted."""
    return max(0, now - int(condition.hours * 3_600_000))


def alert_of(rule: AlertRule, occasion: Occasion, workflow_name: str | None) -> Alert:
    """The alert; for the same occasion it has the same id."""
    return Alert(
        id=made_id("alert", occasion.at, rule.id, occasion.scope, occasion.key),
        workspace_id=rule.workspace_id,
        rule_id=rule.id,
        rule_name=rule.name,
        kind=rule.condition.kind,
        severity=rule.severity,
        workflow_id=occasion.scope or None,
        workflow_name=workflow_name,
        run_id=occasion.run_id,
        said=occasion.said,
        failure=occasion.failure,
        channels=rule.channels,
        at=occasion.at,
    )


def _said_of(rule: AlertRule, run: Run) -> str | None:
    match rule.condition:
        case OnFailure(codes=codes):
            if run.status != "failed" or (codes and (run.failure is None or run.failure.code not in codes)):
                return None
            return "The run has failed."
        case OnEmptyOutput():
            empty = run.status == "succeeded" and _is_empty(run)
            return "The run has succeeded, but its output is empty." if empty else None
        case OnDuration(longer_than_s=most_s):
            took_s = ((run.finished_at or 0) - (run.started_at or run.created_at)) / 1000
            return f"The run took {_long(took_s)}, more than {_long(most_s)}." if took_s > most_s else None
        case OnCost(per="run", more_than_usd=most):
            cost = run.usage.cost_usd
            return f"The run has cost {_usd(cost)}, more than {_usd(most)}." if cost > most else None
        case _:
            return None


def _is_empty(run: Run) -> bool:
    if run.output is None:
        return True
    text = run.output.json_text
    return text is not None and len(text) <= MOST_EMPTY_CHARS and _holds_nothing(from_json(text))


def _holds_nothing(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_holds_nothing, value.values()))
    if isinstance(value, list):
        return all(map(_holds_nothing, value))
    return value is None or (isinstance(value, str) and not value.strip())


def _usd(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 or amount == 0 else f"${amount:.2g}"


def _long(seconds: float) -> str:
    """A span of time in words: the largest unit that it fills."""
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} seconds" if seconds < 100 else f"{seconds:.0f} seconds"
