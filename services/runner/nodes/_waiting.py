"""What nodes that wait for somebody share: for how long, for what shape of answer, and not in dry runs."""

import asyncio
from typing import Annotated, Any

from pydantic import Field

from services.runner.nodes._schema import faults
from shared.contracts.base import Json, Millis
from shared.contracts.graph import WAITING_TIMEOUT_S
from shared.contracts.value import to_json
from shared.ids import now_ms
from shared.nodes import Context, NodeFailed

MAX_FORM_BYTES = 100_000
"""A form lies in the run's document until somebody answers."""

TimeoutS = Annotated[float, Field(gt=0, le=WAITING_TIMEOUT_S)]


def in_seconds(seconds: float | None) -> Millis | None:
    """The time so many seconds from now."""
    return None if seconds is None else now_ms() + int(seconds * 1000)


async def form_of(schema: dict[str, Any] | bool | None) -> Json | None:
    """A JSON Schema as it is kept with the node; fails when it cannot be used."""
    if schema is None:
        return None
    text = to_json(schema)
    if len(text) > MAX_FORM_BYTES:
        message = f"The schema has {len(text):,} characters; {MAX_FORM_BYTES:,} may be."
        raise NodeFailed("invalid_schema", message)
    await asyncio.to_thread(faults, None, schema, at_most=1)
    return text


def refuse_dry(context: Context, what: str) -> None:
    """Fail in a dry run, in which nobody answers."""
    if context.dry:
        name = context.node_id
        message = f"In a dry run nobody {what}: say what {name!r} answers, with mocks.{name} = [output]."
        raise NodeFailed("not_mocked", message)
