"""What triggers are told: the event of each occasion, a plain value that mapping and conditions look into."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.base import Millis
from shared.contracts.failure import Failure
from shared.contracts.run import Run
from shared.contracts.trigger import ScheduleConfig, Trigger

Event = dict[str, Any]


def scheduled(trigger: Trigger, at: Millis, *, previous: Millis | None, backfill: bool = False) -> Event:
    """One of a schedule's times; `previous` is the one that a run was started for before."""
    zone = trigger.config.timezone if isinstance(trigger.config, ScheduleConfig) else "UTC"
    return {
        "trigger": named(trigger),
        "scheduled_at": iso_of(at),
        "previous_at": iso_of(previous),
        "timezone": zone,
        "backfill": backfill,
    }


def continued(trigger: Trigger, previous: Run | None, output: Any = None) -> Event:
    """The turn of one that runs again and again; `output` is that of the run before."""
    return {
        "trigger": named(trigger),
        "previous": None if previous is None else _ended(previous, output),
        "failures": trigger.failures,
    }


def followed(trigger: Trigger, run: Run, output: Any) -> Event:
    """A run that has finished."""
    return {"trigger": named(trigger), "run": _ended(run, output)}


def named(trigger: Trigger) -> Event:
    """Which trigger it was."""
    return {"id": trigger.id, "name": trigger.name}


def _ended(run: Run, output: Any) -> Event:
    return {
        "id": run.id,
        "workflow_id": run.workflow_id,
        "status": run.status,
        "output": output,
        "failure": _failure(run.failure),
        "started_at": iso_of(run.started_at),
        "finished_at": iso_of(run.finished_at),
    }


def _failure(found: Failure | None) -> Event | None:
    return found.model_dump() if found else None


def iso_of(at: Millis | None) -> str | None:
    """A time as events tell it."""
    if at is None:
        return None
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
