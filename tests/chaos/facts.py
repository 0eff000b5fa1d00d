"""What the checker judges: all of it read before anything is judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.node_run import NodeRun
from shared.contracts.run import Event, Run

ONCE = "post"
"""Ids of nodes that must not be executed twice begin like this, and no others do."""
ANYTHING = object()


@dataclass(frozen=True)
class Expected:
    """How a run must end: in `status`, with `output`; or failed with one of `codes`, which are what the
    mischief may lead to."""

    status: str = "succeeded"
    output: Any = ANYTHING
    codes: frozenset[str] = frozenset()


@dataclass
class Begun:
    """A start that was acknowledged: all run ids that were ever answered to its key; `shown` is the status
    the API told last, `ended_s` when it told that it had finished (on the harness's clock)."""

    key: str
    shape: str
    expected: Expected
    run_ids: list[str] = field(default_factory=list[str])
    shown: str = ""
    shown_output: Any = None
    ended_s: float | None = None
    cancelled: bool = False
    rerun: bool = False


@dataclass(frozen=True)
class Control:
    """A control as it was answered: `effect` when its effect was shown (200), `asked` when it was accepted
    (202). `purged` says that planner queues were emptied, or may have been, after it was accepted."""

    run_id: str
    action: str
    answer: str
    node: str = ""
    purged: bool = False


@dataclass(frozen=True)
class Story:
    """One run as the store tells it: a mapping for each of its documents in `run_events`, and every result
    kept for it, in `node_runs` or with the run."""

    run: Run
    recorded: Sequence[Mapping[int, Event]] = ()
    results: Sequence[NodeRun] = ()

    @property
    def events(self) -> dict[int, Event]:
        """All of them by number."""
        found = {int(seq): event for seq, event in self.run.outbox.items()}
        for document in self.recorded:
            found.update(document)
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Letter:
    """A dead letter, and whether the harness itself has made it undeliverable."""

    id: str
    queue: str
    poison: bool
    about: str = ""


@dataclass
class World:
    """Everything there is to judge. `ledger` counts the requests that the target server has got by the key
    `run:node` of the caller."""

    begun: Sequence[Begun] = ()
    controls: Sequence[Control] = ()
    stories: Mapping[str, Story] = field(default_factory=dict[str, Story])
    ledger: Mapping[str, int] = field(default_factory=dict[str, int])
    letters: Sequence[Letter] = ()
    payloads: frozenset[str] = frozenset()
    faults: Sequence[str] = ()


@dataclass(frozen=True)
class Violation:
    """What must not be: `kind` is one word for the table, `where` a run (and node), `what` for people."""

    kind: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.what}"
