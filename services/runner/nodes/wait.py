"""Let time pass."""

from typing import Annotated

from pydantic import Field, StrictFloat, StrictInt, StringConstraints

from services.runner.nodes._times import parsed
from services.runner.nodes._values import described
from shared.contracts.directive import SleepUntil
from shared.contracts.graph import WAITING_TIMEOUT_S
from shared.ids import now_ms
from shared.nodes import Context, NodeConfig, NodeFailed, node

Moment = Annotated[str, StringConstraints(max_length=200)] | StrictInt | StrictFloat


class Config(NodeConfig):
    """How long to wait, or until when."""

    seconds: float | None = Field(
        None, ge=0, le=WAITING_TIMEOUT_S, description="How long, in seconds, up to a year."
    )
    until: Moment | None = Field(
        None,
        description="Until when: ISO 8601 (in UTC, if it names no zone), or seconds (or milliseconds) since "
        "1970, up to a year from now. Times in the past do not wait.",
    )


@node("wait", title="Wait", category="control", icon="timer", waits=True)
async def wait(config: Config, context: Context) -> SleepUntil | None:
    """Go on after some time, or at a time; nothing is kept busy meanwhile."""
    now = now_ms()
    at = _time(config, now)
    if at - now > WAITING_TIMEOUT_S * 1000:
        message = f"{described(config.until)} is more than a year ahead; that is the longest to wait."
        raise NodeFailed("invalid_input", message)
    return None if context.dry or at <= now else SleepUntil(at=at)


def _time(config: Config, now: int) -> int:
    if config.until is None and config.seconds is not None:
        return now + int(config.seconds * 1000)
    if config.until is not None and config.seconds is None:
        return int(parsed(config.until, None, None).timestamp() * 1000)
    said = "Both are set" if config.until is not None else "Neither is set"
    raise NodeFailed("invalid_input", f"Set either seconds or until. {said}.")
