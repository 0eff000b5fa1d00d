"""What callers send who steer runs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, model_validator

from services.gateway.inputs import NULL, Moment, PageQuery, example, given
from shared.contracts.base import NodeId, PortName
from shared.contracts.run import RunStatus

MOST_AT_ONCE = 500
RUN_FILTERS = ("status", "workflow_id", "created_before", "created_after")
RunId = Annotated[str, Field(min_length=1, max_length=1000)]


class Retrial(BaseModel):
    """Another attempt of a node; with `attempt`, only while it is in that one."""

    model_config = example({}, {"attempt": 1})
    attempt: int | None = Field(None, ge=1, le=1_000_000)


class Skip(BaseModel):
    """What a node leaves behind instead of being run, and the port through which the graph goes on."""

    model_config = example({"output": {"status": "checked by hand"}}, {"port": "true"})
    output: Any = None
    port: PortName = "out"


class ReviewDecision(BaseModel):
    """One of a review's decisions, and what its form asks for."""

    model_config = example({"decision": "approve", "data": {"comment": "Looks right"}})
    decision: PortName
    data: Any = None


class Rerun(BaseModel):
    """A run again, from the node `from` or (of a run that did not succeed) from where it ended; what has
    succeeded before that is taken over. With `only`, no node but `from` runs."""

    model_config = example(
        {},
        {"from": "summarize", "input": {"topic": "bees"}},
        {"from": "send", "only": True},
        anyOf=[{"properties": {"only": {"const": False}}}, given("from")],
    )
    from_: NodeId | None = Field(None, alias="from")
    version: int | None = Field(None, ge=1, le=1_000_000, description="Another version of the same workflow")
    input: Any = Field(None, description="Instead of the run's own")
    only: bool = False
    pins: bool | None = Field(
        None, description="Whether pinned outputs count; as in the run before if left out"
    )

    @model_validator(mode="after")
    def _only_names_a_node(self) -> "Rerun":
        if self.only and self.from_ is None:
            raise ValueError("`only` needs `from`: the node to run")
        return self


class RunsWanted(BaseModel):
    """Runs by `ids`, or all that match a filter (the oldest first), at most 500 at once."""

    model_config = example(
        {"ids": ["run_01KG9V4R8D2M6Q0XW5T3Z7B1CE"]},
        {"workflow_id": "wf_01KG9V3ZB5N8S2YF4H6J0K7PQR", "created_after": "2026-01-31T00:00:00Z"},
        oneOf=[
            {"allOf": [given("ids"), {"properties": dict.fromkeys(RUN_FILTERS, NULL)}]},
            {"anyOf": [given(each) for each in RUN_FILTERS], "properties": {"ids": NULL}},
        ],
    )
    ids: list[RunId] | None = Field(None, min_length=1, max_length=MOST_AT_ONCE)
    status: RunStatus | None = None
    workflow_id: str | None = Field(None, min_length=1, max_length=200)
    created_before: Moment | None = None
    created_after: Moment | None = None

    @model_validator(mode="after")
    def _either_way(self) -> "RunsWanted":
        by_filter = any(each is not None for each in self.filter)
        if self.ids is None and not by_filter:
            raise ValueError("say which runs: `ids`, or at least one of the filters")
        if self.ids is not None and by_filter:
            raise ValueError("send `ids` or filters, not both")
        return self

    @property
    def filter(self) -> tuple[str | None, str | None, datetime | None, datetime | None]:
        """Status, workflow, and the times before and after which they were created."""
        return self.status, self.workflow_id, self.created_before, self.created_after


class ReviewsQuery(PageQuery):
    """Reviews that wait to be decided."""

    status: Literal["waiting"] = "waiting"
