"""A run that is being carried, from what has happened to it to what has been decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.planner.decide import Fact
from services.planner.heard import Groups, Heard
from services.planner.transitions import Decision
from shared.contracts.events import NodeFinished
from shared.contracts.run import Run
from shared.contracts.version import PinnedGraph


@dataclass
class Work:
    """One run of a batch: what has happened to it, and what has been decided about it. A
    `recalled` one is as this planner remembers it."""

    run: Run
    graph: PinnedGraph
    facts: list[Fact]
    decision: Decision
    trace: str
    recalled: bool = False


@dataclass
class Carried:
    """What has come of a batch so far: runs that `failed` to be carried and why, those that have `finished`
    and are to be recorded, and what parents and children are `told` in turn."""

    failed: dict[str, BaseException] = field(default_factory=dict[str, BaseException])
    finished: list[Run] = field(default_factory=list[Run])
    told: Groups = field(default_factory=dict[str, list[Heard]])


def messages_of(facts: Sequence[Fact]) -> dict[tuple[str, int], NodeFinished]:
    return {(fact.head, fact.attempt): fact for fact in facts if isinstance(fact, NodeFinished)}


def mark_of(fact: Fact) -> tuple[str, int] | None:
    return (fact.head, fact.attempt) if isinstance(fact, NodeFinished) else None
