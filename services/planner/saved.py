"""A run between its save and its flush."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.base import Millis
from shared.contracts.run import RUN_FINISHED, Event, Run
from shared.contracts.version import PinnedGraph

RECORD_EVENTS = 50
RECORD_AFTER_MS = 5_000


@dataclass(frozen=True)
class Saved:
    """A run as it was saved, with what is still to be told about it: events after `sent`, heads, cancels."""

    run: Run
    graph: PinnedGraph
    sends: Sequence[str]
    cancels: Mapping[str, int]
    trace: str
    sent: int = 0

    @property
    def fresh(self) -> dict[str, Event]:
        """The events that nobody has been told of yet."""
        return {seq: event for seq, event in self.run.outbox.items() if int(seq) > self.sent}

    def to_record(self, now: Millis) -> bool:
        """Whether the outbox is worth a document of its own by now: one for several saves costs less, and
        runs that have finished are recorded many at a time."""
        outbox = self.run.outbox
        if not outbox or self.run.status in RUN_FINISHED:
            return False
        return len(outbox) >= RECORD_EVENTS or now - next(iter(outbox.values())).at >= RECORD_AFTER_MS
