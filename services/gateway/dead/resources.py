"""What callers get of dead letters, and how it is made."""

from typing import Any

import orjson
from pydantic import BaseModel, Field

from services.gateway.inputs import PageQuery
from services.gateway.present import Shown, iso
from services.gateway.resources import AT
from shared.storage.dead_letters import DeadLetter

LETTER_ID = "dead_1769851800000_9f86d081884c7d65"


class DeadLettersQuery(PageQuery):
    """A page of dead letters, of one queue if wanted."""

    queue: str | None = Field(None, max_length=255, description="The queue in which they died")


class DeadLetterSummary(BaseModel):
    """A message that nobody could handle. `exchange` and `routing_key` are where a replay sends it."""

    id: str = Field(examples=[LETTER_ID])
    type: str = Field(examples=["node.finished"])
    queue: str = Field(examples=["planner.v1.07"])
    exchange: str = Field(examples=["weft"])
    routing_key: str = Field(examples=["node.finished.07"])
    reason: str = Field(description="In the broker's words", examples=["rejected"])
    size: int = Field(description="Of the body, in bytes")
    cut: bool = Field(description="Only the beginning of the body was kept: it cannot be replayed")
    died_at: str | None = Field(examples=[AT])


class DeadLetterResource(DeadLetterSummary):
    """A dead letter with its body, as text if it is UTF-8, else as base64."""

    headers: dict[str, Any] = Field(examples=[{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-00"}])
    body: str | None = Field(examples=['{"run_id":"run_01KG9V4R8D2M6Q0XW5T3Z7B1CE"}'])
    body_base64: str | None = Field(examples=[None])


class DeadLetterPage(BaseModel):
    """The latest first; `next` is the cursor of the next page, null on the last, `total` counts all."""

    items: list[DeadLetterSummary]
    next: str | None
    total: int


def summary(letter: DeadLetter) -> Shown:
    """A letter in a list."""
    named = letter.model_dump(
        include={"id", "type", "queue", "exchange", "routing_key", "reason", "size", "cut"}
    )
    return {**named, "died_at": iso(letter.died_at)}


def shown(letter: DeadLetter, text: str | None, base64: str | None) -> Shown:
    """A letter with its body."""
    headers = orjson.Fragment(letter.headers)
    return {**summary(letter), "headers": headers, "body": text, "body_base64": base64}
