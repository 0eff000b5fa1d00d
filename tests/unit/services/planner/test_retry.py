"""When another attempt is made, and after how long."""

import math

import pytest

from services.planner.retry import MAX_WAIT_S, delay_after, may_retry, retry_delay_ms
from shared.contracts.failure import Failure, failure
from shared.contracts.graph import Retry

UNAVAILABLE = failure("unavailable", "no")
LOST = failure("lost", "gone")


def wait(found: Failure, retry: Retry, attempt: int = 1) -> int:
    return delay_after(retry, found, "run_1", "a", attempt)


def test_the_wait_doubles_up_to_its_maximum() -> None:
    retry = Retry(max_attempts=9, initial_s=1, multiplier=2, max_s=20, jitter=0)
    assert [retry_delay_ms(retry, "run_1", "a", attempt) for attempt in range(1, 8)] == [
        1000, 2000, 4000, 8000, 16_000, 20_000, 20_000,
    ]  # fmt: skip


def test_the_largest_policy_allowed_still_has_a_wait() -> None:
    retry = Retry(max_attempts=100, initial_s=86_400, multiplier=100, max_s=86_400, jitter=1)
    assert 0 <= retry_delay_ms(retry, "run_1", "a", 99) <= 2 * 86_400_000


def test_jitter_spreads_runs_but_never_changes_for_one() -> None:
    retry = Retry(max_attempts=3, initial_s=10, jitter=0.2)
    waits = {retry_delay_ms(retry, f"run_{number}", "a", 1) for number in range(300)}
    assert min(waits) >= 8000
    assert max(waits) <= 12_000
    assert min(waits) < 8500
    assert max(waits) > 11_500
    assert len(waits) > 250
    assert waits == {retry_delay_ms(retry, f"run_{number}", "a", 1) for number in range(300)}


def test_nodes_and_attempts_are_spread_too() -> None:
    retry = Retry(max_attempts=3, initial_s=10, multiplier=1, jitter=0.5)
    assert len({retry_delay_ms(retry, "run_1", node, at) for node in "abc" for at in (1, 2, 3)}) == 9


@pytest.mark.parametrize(
    ("max_attempts", "attempt", "code", "expected"),
    [
        (1, 1, "unavailable", False),
        (3, 1, "unavailable", True),
        (3, 2, "timeout", True),
        (3, 3, "rate_limited", False),
        (3, 1, "http_404", False),
    ],
)
def test_a_policy_grants_attempts_for_the_failures_it_names(
    max_attempts: int, attempt: int, code: str, *, expected: bool
) -> None:
    retry = Retry(max_attempts=max_attempts)
    assert may_retry(retry, failure(code, "no"), attempt, "once") is expected


def test_lost_work_is_repeated_where_that_is_harmless() -> None:
    assert may_retry(Retry(), LOST, 1, "none")
    assert may_retry(Retry(), LOST, 19, "repeatable")
    assert not may_retry(Retry(), LOST, 20, "repeatable")
    assert not may_retry(Retry(max_attempts=5), LOST, 1, "once")
    assert may_retry(Retry(max_attempts=5, on=["lost"]), LOST, 1, "once")
    assert wait(LOST, Retry(initial_s=50)) == 0


@pytest.mark.parametrize(("code", "expected"), [("odd", True), ("timeout", False), ("http_404", False)])
def test_a_policy_may_name_all_but_some(code: str, *, expected: bool) -> None:
    retry = Retry(max_attempts=2, on=["*", "!timeout", "!http_4xx"])
    assert may_retry(retry, failure(code, "no"), 1, "once") is expected


@pytest.mark.parametrize(
    ("on", "code", "status", "expected"),
    [
        ("http_503", "unavailable", 503, True),
        ("http_503", "unavailable", 502, False),
        ("http_503", "unavailable", None, False),
        ("http_5xx", "unavailable", 502, True),
        ("http_5xx", "http_404", 404, False),
        ("http_4xx", "rate_limited", 429, True),
        ("http_409", "http_409", 409, True),
        ("http_409", "http_404", 404, False),
        ("http_4xx", "http_404", None, True),
        ("rate_limited", "rate_limited", 429, True),
        ("unavailable", "rate_limited", 429, False),
        ("*", "bad_json", None, True),
        ("any", "http_404", 404, True),
        ("http_0xx", "odd", True, False),
        ("http_503", "odd", "503", False),
    ],
)
def test_a_policy_names_failures_by_code_or_by_what_a_server_answered(
    on: str, code: str, status: int | str | None, *, expected: bool
) -> None:
    found = failure(code, "no", status=status)
    assert may_retry(Retry(max_attempts=3, on=[on]), found, 1, "once") is expected
    assert not may_retry(Retry(max_attempts=3, on=[]), found, 1, "once")


def test_what_may_have_been_sent_is_sent_again_only_when_lost_is_named() -> None:
    retry = Retry(max_attempts=3, on=["*"])
    assert not may_retry(retry, LOST, 1, "once")
    assert may_retry(retry, LOST, 1, "repeatable")
    assert may_retry(retry, failure("timeout", "slow"), 1, "once")


def test_what_a_server_asks_for_is_the_least() -> None:
    retry = Retry(max_attempts=3, initial_s=10, jitter=0)
    assert wait(failure("rate_limited", "no", retry_after_s=90), retry) == 90_000
    assert wait(failure("rate_limited", "no", retry_after_s=0.25), retry) == 10_000
    assert wait(UNAVAILABLE, retry) == 10_000


@pytest.mark.parametrize("asked", ["soon", None, -5, math.nan, -math.inf, ["7"]])
def test_what_is_no_time_is_ignored(asked: str | float | list[str] | None) -> None:
    assert wait(failure("rate_limited", "no", retry_after_s=asked), Retry(initial_s=1, jitter=0)) == 1000


@pytest.mark.parametrize("asked", [1e300, math.inf, 10**30, 86_401])
def test_no_server_can_put_a_run_off_for_more_than_a_day(asked: float) -> None:
    assert wait(failure("rate_limited", "no", retry_after_s=asked), Retry()) == MAX_WAIT_S * 1000
