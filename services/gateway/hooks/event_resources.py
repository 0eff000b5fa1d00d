"""What callers get of events of webhooks, and ask for."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, Field

from services.gateway.inputs import Moment, PageQuery
from services.gateway.present import Shown, iso
from services.gateway.resources import AT, RUN_ID
from shared.contracts.hook_event import HookEvent, HookMode, HookOutcome

SAME = {
    "id", "trigger_id", "mode", "method", "size", "outcome", "reason", "run_id", "dedupe_id", "replay_of"
}  # fmt: skip
EVENT_ID = "evt_01KG9V5D1S3C7H9TB4E6F8J2MN"


class HookReceipt(BaseModel):
    """What a caller is told: the id under which the event is kept."""

    event_id: str = Field(examples=[EVENT_ID])
    outcome: HookOutcome
    duplicate: bool = False


class HookEventSummary(BaseModel):
    """An event of a webhook. `reason` says why it has started nothing. Headers that prove who somebody is are
    not kept."""

    id: str = Field(examples=[EVENT_ID])
    trigger_id: str
    mode: HookMode
    received_at: str = Field(examples=[AT])
    method: str
    headers: dict[str, Any]
    query: dict[str, Any]
    size: int = Field(description="Of the body, in bytes")
    outcome: HookOutcome
    reason: str | None
    run_id: str | None = Field(examples=[RUN_ID])
    dedupe_id: str | None = Field(description="The same for what counts as the same event")
    replay_of: str | None


class HookEventResource(HookEventSummary):
    """An event with its body as it came: as text, or in base64 where it was no UTF-8."""

    body: str | None
    encoding: Literal["text", "base64"]


class HookEventPage(BaseModel):
    """A page; `next` is the cursor of the next one, null on the last. With `text` a page may be short."""

    items: list[HookEventSummary]
    next: str | None


class HookEventsQuery(PageQuery):
    """Events by time, outcome, mode, run, id of the same, and text in them."""

    outcome: HookOutcome | None = None
    mode: HookMode | None = None
    run_id: Annotated[str | None, Field(max_length=200)] = None
    dedupe_id: Annotated[str | None, Field(max_length=500)] = None
    from_: Moment | None = Field(None, alias="from", description="Received then or later")
    to: Moment | None = Field(None, description="Received before then")
    text: Annotated[str | None, Field(min_length=1, max_length=200)] = Field(
        None, description="Contained in headers, query, reason, or a body up to 32 KB"
    )


def event_summary(event: HookEvent) -> Shown:
    """An event without its body."""
    return {
        **event.model_dump(include=SAME),
        "received_at": iso(event.received_at),
        "headers": orjson.Fragment(event.headers),
        "query": orjson.Fragment(event.query),
    }


def event_shown(event: HookEvent, body_text: str) -> Shown:
    """An event with its body."""
    return {**event_summary(event), "body": orjson.Fragment(body_text), "encoding": event.encoding}


def contains(event: HookEvent, text: str) -> bool:
    """Whether the text is in what can be searched, in whatever case."""
    wanted = text.lower()
    fields = (event.id, event.headers, event.query, event.reason or "", event.body.json_text or "")
    escaped = orjson.dumps(wanted).decode()[1:-1]
    return any(wanted in each.lower() or escaped in each.lower() for each in fields)
