"""A wall clock that is set while processes run."""

import time

from shared.ids import now_ms
from shared.steady import SteadyClock

S = 1_000_000_000
HOUR = 3600 * S


class Hands:
    """Both clocks, moved by hand."""

    def __init__(self) -> None:
        self.elapsed, self.wall = 5 * S, 1_000 * S
        self.clock = SteadyClock(lambda: self.wall, lambda: self.elapsed)

    def on(self, seconds: float) -> int:
        """What it says after so many seconds."""
        self.elapsed += int(seconds * S)
        self.wall += int(seconds * S)
        return self.clock.now_ns()


def test_it_says_what_the_wall_clock_says() -> None:
    hands = Hands()
    assert [hands.on(1), hands.on(0.001), hands.on(600)] == [1_001 * S, 1_001_001_000_000, 1_601_001_000_000]
    before = time.time() * 1000
    assert before - 50 < now_ms() < time.time() * 1000 + 50


def test_who_was_an_hour_ahead_for_ten_seconds_is_ahead_no_more_than_that() -> None:
    hands = Hands()
    hands.wall += HOUR
    assert hands.on(10) == 1_020 * S
    hands.wall -= HOUR
    assert hands.on(10) == 1_025 * S, "it goes slower until it is right, but never back"
    assert hands.on(60) == 1_080 * S, "it is right"


def test_who_was_an_hour_behind_goes_on() -> None:
    hands = Hands()
    hands.wall -= HOUR
    assert [hands.on(10), hands.on(10)] == [1_005 * S, 1_010 * S]
    hands.wall += HOUR
    assert hands.on(10) == 1_030 * S


def test_a_clock_that_is_set_right_for_good_is_followed_in_the_end() -> None:
    hands = Hands()
    hands.wall += HOUR
    for _ in range(3600):
        hands.on(1)
    assert hands.clock.now_ns() == hands.wall
