"""Timestamps of the States Language: RFC 3339 with an uppercase T and, unless there is an offset, a Z."""

import re
from datetime import UTC, datetime
from typing import Any

from shared.asl.errors import RUNTIME, StatesError

_TIMESTAMP = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def moment_or_none(value: Any) -> tuple[datetime, int] | None:
    """A moment in UTC with its nanoseconds, which compares in order of time; None if it is none."""
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    try:
        whole = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
        return whole.astimezone(UTC), int((match[2] or "").ljust(9, "0"))
    except (ValueError, OverflowError):
        return None


def moment(value: Any) -> tuple[datetime, int]:
    """As `moment_or_none`; raises StatesError for what is no timestamp."""
    found = moment_or_none(value)
    if found is None:
        raise StatesError(
            RUNTIME,
            f"{value!r:.100} is not a timestamp such as 2016-03-14T01:59:00Z",
        )
    return found


def shown(value: datetime) -> str:
    """A moment as the Context Object has it: milliseconds and Z."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
