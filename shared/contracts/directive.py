"""What a node asks of the planner instead of an output: it is suspended, and no executor holds it."""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from shared.contracts.base import Contract, Json, Millis, PortName
from shared.contracts.value import Value

MOST_CONCURRENT = 100


class _Asked(Contract):
    """The base of all directives: `kind` tells them apart, even where defaults are left out."""

    @model_serializer(mode="wrap")
    def _with_kind(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {**serialize(self), "kind": type(self).model_fields["kind"].default}


class SleepUntil(_Asked):
    """Go on with no output at a time."""

    kind: Literal["sleep_until"] = "sleep_until"
    at: Millis


class AwaitDecision(_Asked):
    """Go on through the port that a person chooses, or through `timeout`. `form` is the JSON Schema of the
    data that comes with a decision; who may decide is in `assignees`, everybody when it is empty."""

    kind: Literal["await_decision"] = "await_decision"
    decisions: list[PortName]
    assignees: list[str] = Field(default_factory=list)
    form: Json | None = None
    timeout_at: Millis | None = None


class AwaitSignal(_Asked):
    """Go on with the body of a request to the node's resume URL, or through `timeout`."""

    kind: Literal["await_signal"] = "await_signal"
    form: Json | None = None
    timeout_at: Millis | None = None


class SpawnRuns(_Asked):
    """Run the node's body, or another workflow, as child runs and go on with what they answer.

    `map`: one run for each of `items` (a JSON list of `total`, of `{key, value}` when `keyed`), at most
    `concurrency` at once. `loop`: the body on `item`, as turn number `turn`. `try`: the body, then `finally`
    if there is one. `workflow`: a version of another workflow (the latest when None) on `item`."""

    kind: Literal["spawn_runs"] = "spawn_runs"
    shape: Literal["map", "loop", "try", "workflow"]
    items: Value | None = None
    total: int = Field(default=1, ge=0)
    keyed: bool = False
    concurrency: int = Field(default=1, ge=1, le=MOST_CONCURRENT)
    on_item_failure: Literal["stop", "keep", "drop"] = "stop"
    item: Value | None = None
    turn: int = 0
    finally_: bool = Field(default=False, alias="finally")
    workflow_id: str | None = None
    version: int | None = None
    wait: bool = True


Directive = Annotated[SleepUntil | AwaitDecision | AwaitSignal | SpawnRuns, Field(discriminator="kind")]
