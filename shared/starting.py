"""What every run begins as, whoever starts it: the gateway for a caller, the planner for a trigger."""

from hashlib import sha256
from secrets import token_hex
from typing import Any

from ulid import ULID

from shared.contracts.base import Millis
from shared.contracts.run import Cause, Lane, Run
from shared.contracts.value import Value

RECOVERY_MS = 10_000
"""After this long the clock takes up a run whose `run.requested` was lost."""


def queued(
    run_id: str,
    *,
    workspace_id: str,
    workflow_id: str | None,
    version: str,
    trigger: Cause,
    lane: Lane,
    given: Value,
    trace: str,
    now: Millis,
    **more: Any,
) -> Run:
    """A run on this input that is ready to be inserted and announced."""
    return Run(
        id=run_id,
        workspace_id=workspace_id,
        workflow_id=workflow_id,
        version=version,
        secret=token_hex(16),
        trigger=trigger,
        lane=lane,
        status="queued",
        rev=0,
        wake_at=now + RECOVERY_MS,
        input=given,
        traceparent=trace,
        created_at=now,
        **more,
    )


def fired_id(trigger_id: str, occasion: str, at: Millis) -> str:
    """The id of the one run that a trigger starts on this occasion, whoever starts it; it sorts by `at`."""
    digest = sha256(f"{trigger_id}\n{occasion}".encode()).digest()
    return f"run_{ULID.from_bytes(at.to_bytes(6, 'big') + digest[:10])}"


def scheduled_id(trigger_id: str, at: Millis) -> str:
    """The id of the run for one time of a schedule."""
    return fired_id(trigger_id, str(at), at)
