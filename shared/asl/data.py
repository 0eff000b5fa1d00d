"""From a state's raw input to what it works on, and from its result to its output."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.asl.errors import RUNTIME, StatesError
from shared.asl.machine import State
from shared.asl.numbers import is_number
from shared.asl.paths import put, read
from shared.asl.templates import resolve
from shared.asl.times import moment, shown
from shared.contracts.graph import WAITING_TIMEOUT_S

LONGEST_S = WAITING_TIMEOUT_S - 60
"""Somewhat less than what may be waited for, as time goes on meanwhile."""


def selected(path: str | None, data: Any, context: dict[str, Any]) -> Any:
    """What `InputPath` or `OutputPath` leaves of the data: all for `$`, `{}` for null."""
    return {} if path is None else read(path, data, context)


def effective_input(state: State, raw: Any, context: dict[str, Any]) -> Any:
    """The raw input after `InputPath` and `Parameters`; raises StatesError."""
    data = selected(state.get("InputPath", "$"), raw, context)
    return resolve(state["Parameters"], data, context) if "Parameters" in state else data


def output(state: State, raw: Any, result: Any, context: dict[str, Any]) -> Any:
    """The output made of raw input and result by `ResultSelector`, `ResultPath` and `OutputPath`; raises
    StatesError."""
    if "ResultSelector" in state:
        result = resolve(state["ResultSelector"], result, context)
    path = state.get("ResultPath", "$")
    combined = raw if path is None else put(path, raw, result)
    return selected(state.get("OutputPath", "$"), combined, context)


def seconds_from(state: State, data: Any, context: dict[str, Any]) -> float | str:
    """How long a Wait state waits: seconds, or the timestamp until which, in a year at most; raises
    StatesError."""
    if "Timestamp" in state or "TimestampPath" in state:
        at = state["Timestamp"] if "Timestamp" in state else read(state["TimestampPath"], data, context)
        latest = datetime.now(UTC) + timedelta(seconds=LONGEST_S)
        return shown(latest) if moment(at)[0] > latest else at
    found = state["Seconds"] if "Seconds" in state else read(state["SecondsPath"], data, context)
    if not is_number(found) or found < 0:
        raise StatesError(RUNTIME, f"a Wait state needs a number of seconds, not {found!r:.100}")
    return min(found, LONGEST_S)
