"""Reviews that somebody is to be told of. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.planner.saved import Saved
from shared.contracts.base import Millis
from shared.contracts.directive import AwaitDecision
from shared.contracts.identity import User, is_named
from shared.contracts.run import Event, NodeState, Run, Suspension


@dataclass(frozen=True)
class Review:
    """A review that has just begun to wait, as of the event `seq`."""

    run: Run
    node: str
    seq: str
    at: Millis
    suspended: Suspension
    asked: AwaitDecision

    def is_for(self, user: User) -> bool:
        """Whether this is one of those who are named, by address or id."""
        return user.state == "active" and is_named(self.asked.assignees, user.id, user.email)


def reviews_in(saves: Sequence[Saved]) -> list[Review]:
    """Those for somebody that have begun to wait since it was told last, and are waiting still."""
    return [
        Review(saved.run, event.node, seq, event.at, suspended, suspended.directive)
        for saved in saves
        for seq, event in saved.fresh.items()
        if event.type == "node.suspended" and event.node
        if (suspended := _waits(saved.run.nodes[event.node], event))
        and isinstance(suspended.directive, AwaitDecision)
        and suspended.directive.assignees
    ]


def _waits(state: NodeState, event: Event) -> Suspension | None:
    return state.suspended if state.status == "suspended" and state.attempt == event.attempt else None
