"""What was sent to a webhook, as it is kept."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Json, Millis
from shared.contracts.value import NULL, Value

HookOutcome = Literal["accepted", "filtered", "refused"]
HookMode = Literal["live", "test"]
OPEN = "open"


class HookEvent(Contract):
    """A stored event. `order` is a ULID by which events sort; the id is made of `dedupe_id` where there is
    one, so that the same event is stored once.

    `headers` and `query` are JSON objects, without what is secret. The `body` is JSON text: a string as it
    came, or in base64 where it was no UTF-8; it is there if the event is `whole`: was read and is genuine.
    `open` (OPEN or nothing) says that the run `run_id` may not be there yet. `reason` tells people why
    nothing was started."""

    id: str = Field(validation_alias="_id", serialization_alias="_id")
    order: str
    trigger_id: str
    workspace_id: str
    workflow_id: str
    mode: HookMode = "live"
    received_at: Millis
    method: str
    headers: Json = "{}"
    query: Json = "{}"
    body: Value = NULL
    encoding: Literal["text", "base64"] = "text"
    size: int = 0
    whole: bool = False
    outcome: HookOutcome
    reason: str | None = None
    run_id: str | None = None
    dedupe_id: str | None = None
    replay_of: str | None = None
    open: Literal["", "open"] = ""
    traceparent: str = ""
