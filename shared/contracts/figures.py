"""What is counted of runs: one fact a run that has finished, added up by the hour."""

from pydantic import Field

from shared.contracts.base import Contract, Millis
from shared.contracts.run import RunStatus

HOUR_MS = 3_600_000
NANOS = 1_000_000_000
"""Costs are added up as whole billionths of a dollar: sums of fractions depend on their order."""


class NodeFigures(Contract):
    """The nodes of one type that succeeded or failed. `retries` counts attempts after the first; durations
    are of the last attempt, waiting included; `durations` is a histogram (`shared/analytics`)."""

    workflow_id: str = ""
    type: str
    count: int = 0
    failures: int = 0
    retries: int = 0
    total_ms: int = 0
    longest_ms: Millis = 0
    durations: list[int] = Field(default_factory=list[int])


class ErrorFigures(Contract):
    """The runs that failed with one code, and the last of them."""

    workflow_id: str = ""
    code: str
    count: int = 0
    last_at: Millis = 0
    run_id: str = ""


class RunFigures(Contract):
    """The runs of one workflow (no id: of graphs that belong to none). `durations`, and `waits` until they
    began, are histograms; a run that never began is in neither."""

    workflow_id: str = ""
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    tokens: int = 0
    cost_nanos: int = 0
    durations: list[int] = Field(default_factory=list[int])
    waits: list[int] = Field(default_factory=list[int])


class RunFact(Contract):
    """What is to be counted of one run: stored under the run's id, so that it is counted once. `open` is the
    partition of who counts it, and empty once it has been counted. A `deep` run has child runs, whose nodes
    are to be counted as well."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    open: str
    workspace_id: str
    workflow_id: str = ""
    status: RunStatus
    finished_at: Millis
    duration_ms: Millis | None = None
    wait_ms: Millis | None = None
    code: str | None = None
    tokens: int = 0
    cost_nanos: int = 0
    nodes: list[NodeFigures] = Field(default_factory=list[NodeFigures])
    deep: bool = False

    @property
    def hour(self) -> Millis:
        """The beginning of the hour in which the run has finished."""
        return self.finished_at - self.finished_at % HOUR_MS


class RollUp(Contract):
    """All runs of a workspace that finished in one hour. `rev` is drawn anew with each save. `taken` names
    the facts that came in with the last one: they may still be open."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    rev: str = ""
    workspace_id: str
    hour: Millis
    runs: list[RunFigures] = Field(default_factory=list[RunFigures])
    nodes: list[NodeFigures] = Field(default_factory=list[NodeFigures])
    errors: list[ErrorFigures] = Field(default_factory=list[ErrorFigures])
    taken: list[str] = Field(default_factory=list[str])


def rollup_id(workspace_id: str, hour: Millis) -> str:
    """Ids of one workspace sort by the hour."""
    return f"{workspace_id}:{hour:013d}"
