"""Retriers as a node's retry policy, where that means exactly the same."""

from typing import Any

from shared.asl.errors import ALL, BRANCH_FAILED, HEARTBEAT, TASK_FAILED, TIMEOUT, UNCATCHABLE
from shared.asl.retries import DEFAULT_ATTEMPTS, DEFAULT_INTERVAL_S, DEFAULT_RATE, Retrier

MOST_DELAY_S = 86_400
MOST_ATTEMPTS = 100
MOST_RATE = 100
_TIMEOUTS = ["timeout", TIMEOUT]


def retry_policy(retriers: list[Retrier], *, branches: bool) -> dict[str, Any] | None:
    """The `retry` of a policy; `{}` for no retries, None when a policy cannot say it."""
    if not any(_attempts(each) for each in retriers):
        return {}
    [retrier, *more] = retriers
    if more or not _fits(retrier):
        return None
    names = retrier["ErrorEquals"]
    if ALL in names or (branches and BRANCH_FAILED in names):
        return {**_delays(retrier), "on": _all_but(sorted(UNCATCHABLE), names)}
    if TASK_FAILED in names:
        return {**_delays(retrier), "on": _all_but([*_TIMEOUTS, *sorted(UNCATCHABLE)], names)}
    return {**_delays(retrier), "on": _codes(names)}


def _attempts(retrier: Retrier) -> int:
    return retrier.get("MaxAttempts", DEFAULT_ATTEMPTS)


def _all_but(refused: list[str], names: list[str]) -> list[str]:
    """Every failure but some, unless these are named as well."""
    return ["*", *(f"!{code}" for code in refused if code not in _codes(names))]


def _codes(names: list[str]) -> list[str]:
    """The failure codes that have these Error Names."""
    codes: list[str] = []
    for name in names:
        status = name.removeprefix("States.Http.StatusCode.")
        if name == TIMEOUT:
            codes += [*_TIMEOUTS, HEARTBEAT]
        elif status != name:
            codes += [f"http_{status}", name]
        else:
            codes.append(name)
    return list(dict.fromkeys(codes))


def _fits(retrier: Retrier) -> bool:
    interval, rate = (
        retrier.get("IntervalSeconds", DEFAULT_INTERVAL_S),
        retrier.get("BackoffRate", DEFAULT_RATE),
    )
    return _attempts(retrier) < MOST_ATTEMPTS and interval <= MOST_DELAY_S and rate <= MOST_RATE


def _delays(retrier: Retrier) -> dict[str, Any]:
    """FULL jitter is anything up to the delay: half of it, give or take all of that."""
    full = retrier.get("JitterStrategy") == "FULL"
    share = 0.5 if full else 1
    return {
        "max_attempts": _attempts(retrier) + 1,
        "initial_s": retrier.get("IntervalSeconds", DEFAULT_INTERVAL_S) * share,
        "multiplier": retrier.get("BackoffRate", DEFAULT_RATE),
        "max_s": min(retrier.get("MaxDelaySeconds", MOST_DELAY_S), MOST_DELAY_S) * share,
        "jitter": 1 if full else 0,
    }
