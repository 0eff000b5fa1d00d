"""What goes wrong in a world, drawn from its seed."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal

Fate = Literal["fine", "refused", "unknown", "late", "killed_before", "killed_after", "killed_under_way"]
"""Of one operation: it is applied; it is not, and fails; it is applied, and fails; it fails and is applied
later. Or its process dies: before it, after it, or before it is applied all the same."""

DELAYS_S = (0, 0, 0.0005, 0.003, 0.02)
LATER_S = 3.0
FOUL: dict[str, Any] = {
    "fail": 0.05, "kill": 0.03, "wipe": 1, "kills_left": 8, "planners": 2, "executors": 2, "breaks": 2,
    "moves": 10, "until_s": 30,
}  # fmt: skip
"""In worlds where a mutant is to be found soon."""


@dataclass
class Trouble:
    """How often what goes wrong, as chances for each operation or message. `wipe` is for those that a
    consumer has when it is lost. `breaks` are lost connections, in `moves` planners change their queues."""

    fail: float
    kill: float
    slow: float
    lose: float
    wipe: float
    double: float
    delay: float
    kills_left: int
    stops: int
    breaks: int
    moves: int
    until_s: float
    planners: int
    executors: int
    skew_s: float


def drawn(chance: Random) -> Trouble:
    """Fair weather or foul."""
    pick = chance.choice
    return Trouble(
        fail=pick([0, 0.02, 0.08]),
        kill=pick([0, 0.01, 0.04]),
        slow=pick([0, 0.01]),
        lose=pick([0, 0.02, 0.15]),
        wipe=pick([0, 0.5, 1]),
        double=pick([0, 0.1, 0.3]),
        delay=pick([0, 0.05, 0.3]),
        kills_left=pick([1, 3, 6]),
        stops=pick([0, 0, 1, 2]),
        breaks=pick([0, 1, 2]),
        moves=pick([0, 3, 10]),
        until_s=pick([3, 10, 30]),
        planners=pick([1, 2, 2]),
        executors=pick([1, 2]),
        skew_s=pick([0, 0, 0.5]),
    )


class Luck:
    """Chance itself. After a while nothing goes wrong any more."""

    def __init__(self, seed: int, *, foul: bool = False) -> None:
        self.chance = Random(seed)
        self.trouble = drawn(self.chance)
        if foul:
            self.trouble = replace(self.trouble, **FOUL)
        self.calm = False

    def strikes(self, chance: float) -> bool:
        """Whether something of that chance goes wrong now."""
        return not self.calm and chance > 0 and self.chance.random() < chance

    def delay_s(self) -> float:
        """How long an operation or a message is under way."""
        if self.strikes(self.trouble.slow):
            return self.chance.uniform(0.1, 2)
        return self.chance.choice(DELAYS_S)

    def fate(self, *, mortal: bool) -> Fate:
        """What becomes of an operation; those who are not mortal are not killed by it."""
        if self.calm:
            return "fine"
        if mortal and self.trouble.kills_left > 0 and self.strikes(self.trouble.kill):
            self.trouble.kills_left -= 1
            return self.chance.choice(("killed_before", "killed_after", "killed_under_way"))
        if self.strikes(self.trouble.fail):
            return self.chance.choice(("refused", "unknown", "late"))
        return "fine"
