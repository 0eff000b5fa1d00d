"""Retriers: whether there is another attempt, and when."""

import random
from dataclasses import dataclass
from typing import Any

from shared.asl.errors import named_by
from shared.contracts.graph import WAITING_TIMEOUT_S

Retrier = dict[str, Any]
DEFAULT_ATTEMPTS = 3
DEFAULT_INTERVAL_S = 1
DEFAULT_RATE = 2.0


@dataclass(frozen=True)
class Granted:
    """Another attempt, in so many seconds; `counts` are the retries of each Retrier so far."""

    counts: list[int]
    delay_s: float


def another(
    retriers: list[Retrier], counts: list[int], code: str, *, branches: bool = False
) -> Granted | None:
    """Another attempt by the first Retrier that names the failure; None when it has none left."""
    for at, retrier in enumerate(retriers):
        if not named_by(retrier["ErrorEquals"], code, branches=branches):
            continue
        if counts[at] >= retrier.get("MaxAttempts", DEFAULT_ATTEMPTS):
            return None
        delay_s = _delay(retrier, counts[at])
        return Granted([count + (index == at) for index, count in enumerate(counts)], delay_s)
    return None


def _delay(retrier: Retrier, before: int) -> float:
    rate = retrier.get("BackoffRate", DEFAULT_RATE)
    most = min(retrier.get("MaxDelaySeconds", WAITING_TIMEOUT_S), WAITING_TIMEOUT_S)
    try:
        delay_s = min(retrier.get("IntervalSeconds", DEFAULT_INTERVAL_S) * rate**before, most)
    except OverflowError:
        delay_s = most
    return random.uniform(0, delay_s) if retrier.get("JitterStrategy") == "FULL" else delay_s
