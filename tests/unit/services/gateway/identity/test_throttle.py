"""Guessing passwords gets slower and slower, for the guesser only."""

import pytest

from services.gateway.identity.throttle import EVERYWHERE, HERE, Throttle, after_failure
from services.gateway.limits.rates import TooMany
from shared.contracts.base import Millis
from shared.storage.throttles import Attempts

NOW = 1_700_000_000_000


class Shelf:
    """Keeps attempts in memory; every second save is too late, as if others were at it."""

    def __init__(self) -> None:
        self.kept: dict[str, Attempts] = {}
        self.saves = 0

    async def load(self, ids: list[str]) -> dict[str, Attempts]:
        return {each: self.kept[each] for each in ids if each in self.kept}

    async def save(self, attempts: Attempts) -> bool:
        self.saves += 1
        if self.saves % 2 == 0:
            return False
        self.kept[attempts.id] = attempts
        return True

    async def forget(self, attempts_id: str) -> None:
        self.kept.pop(attempts_id, None)


async def tried(throttle: Throttle, times: int, address: str = "192.0.2.1", now: Millis = NOW) -> None:
    for _ in range(times):
        await throttle.failed("ada@example.com", address, now)


async def test_a_few_failures_cost_nothing_then_pauses_double() -> None:
    throttle = Throttle(Shelf())  # type: ignore[arg-type]
    await tried(throttle, HERE.free)
    await throttle.check("ada@example.com", "192.0.2.1", NOW)
    await tried(throttle, 3)
    with pytest.raises(TooMany, match="in 4 s") as refused:
        await throttle.check("ADA@example.com", "192.0.2.1", NOW)
    assert refused.value.headers == {"Retry-After": "4"}
    await throttle.check("ada@example.com", "192.0.2.1", NOW + 4_000)


async def test_nobody_is_shut_out_from_elsewhere() -> None:
    throttle = Throttle(Shelf())  # type: ignore[arg-type]
    await tried(throttle, 50)
    await throttle.check("ada@example.com", "198.51.100.7", NOW)
    await throttle.check("bob@example.com", "192.0.2.1", NOW)


async def test_an_account_tried_from_everywhere_gets_short_pauses() -> None:
    throttle = Throttle(Shelf())  # type: ignore[arg-type]
    for number in range(EVERYWHERE.free + 10):
        await tried(throttle, 1, address=f"192.0.2.{number}")
    with pytest.raises(TooMany, match=f"in {EVERYWHERE.longest_s} s"):
        await throttle.check("ada@example.com", "198.51.100.7", NOW)


async def test_the_right_password_ends_it() -> None:
    throttle = Throttle(Shelf())  # type: ignore[arg-type]
    await tried(throttle, 9)
    await throttle.succeeded("ada@example.com", "192.0.2.1")
    await throttle.check("ada@example.com", "192.0.2.1", NOW)


def test_pauses_end_at_their_longest_and_old_failures_are_forgotten() -> None:
    many = Attempts(id="a", fails=1_000, at=NOW)
    assert after_failure("a", many, HERE, NOW).until == NOW + HERE.longest_s * 1000
    later = after_failure("a", many, HERE, NOW + HERE.forgotten_s * 1000)
    assert (later.fails, later.until) == (1, NOW + HERE.forgotten_s * 1000)
