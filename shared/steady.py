"""The time of day, without leaps."""

import time
from collections.abc import Callable

FASTEST, SLOWEST = 2.0, 0.5


class SteadyClock:
    """Follows the wall clock. When that is set, forth or back, it draws near at twice or half the speed: what
    a process decides in the meantime (a retry in a second, a message to be sent again in thirty) would
    otherwise be due hours late once the clock is right again."""

    def __init__(self, wall_ns: Callable[[], int], elapsed_ns: Callable[[], int]) -> None:
        self._wall_ns = wall_ns
        self._elapsed_ns = elapsed_ns
        self._last = (elapsed_ns(), wall_ns())

    def now_ns(self) -> int:
        """Nanoseconds since 1970; never less than before."""
        then, told = self._last
        elapsed, wall = self._elapsed_ns(), self._wall_ns()
        gone = max(0, elapsed - then)
        told = max(told + int(gone * SLOWEST), min(told + int(gone * FASTEST), wall))
        self._last = (elapsed, told)
        return told


def elapsed_ns() -> int:
    """Nanoseconds that have gone by, the sleep of the machine included where the system tells."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock)


STEADY = SteadyClock(lambda: time.time_ns(), elapsed_ns)
