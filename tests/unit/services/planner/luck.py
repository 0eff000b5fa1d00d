"""Chance, time and the post of the random world."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from tests.builders import NOW

T = TypeVar("T")
Mail = tuple[str, Any]


@dataclass(frozen=True)
class Trouble:
    """How much goes wrong: the chance of each mishap, and how many there may be in all. People ask for up to
    `controls` changes, and for a cancel in that round."""

    chance: float = 0
    most: int = 0
    cancel_after: int | None = None
    controls: int = 0


@dataclass
class Luck:
    """Drawn from one seed, so that the same seed gives the same world."""

    seed: int
    trouble: Trouble
    now: int = NOW
    mail: list[Mail] = field(default_factory=list[Mail])

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        self.mishaps = self.trouble.most

    @property
    def plain(self) -> bool:
        """Whether nothing goes wrong at all."""
        return self.trouble == Trouble()

    def post(self, run_id: str, message: Any) -> None:
        """On its way to the planner."""
        self.mail.append((run_id, message))

    def mishap(self) -> bool:
        """Whether something goes wrong just now."""
        if self.mishaps <= 0 or self.chance.random() >= self.trouble.chance:
            return False
        self.mishaps -= 1
        return True

    def one(self, box: list[T], *, safe: bool = False) -> T | None:
        """Anything from the box; by mishap it stays there, too, or is nowhere unless it is safe."""
        index = self.chance.randrange(len(box))
        if self.mishap():
            return box[index]
        return None if not safe and self.mishap() and box.pop(index) else box.pop(index)
