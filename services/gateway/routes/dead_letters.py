"""Messages that nobody could handle: for operators, of all workspaces."""

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.dead.resources import (
    DeadLetterPage,
    DeadLetterResource,
    DeadLettersQuery,
    DeadLetterSummary,
    shown,
    summary,
)
from services.gateway.documented import answers
from services.gateway.errors import Refused
from services.gateway.identity.access import needs
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response, page
from shared.storage.dead_letters import DeadLetter

router = APIRouter(tags=["dead letters"])


@router.get(
    "/dead-letters",
    dependencies=[needs("platform")],
    summary="List dead letters",
    responses=answers(_200=(DeadLetterPage, "The latest first")),
)
async def list_all(request: Request, query: Annotated[DeadLettersQuery, Query()]) -> Response:
    """Without their bodies."""
    letters = gateway_of(request).dead_box.letters
    found = await letters.page(before=query.cursor, limit=query.limit + 1, queue=query.queue)
    total = await letters.count(query.queue)
    return json_response({**page([summary(each) for each in found], query.limit), "total": total})


@router.get(
    "/dead-letters/{letter_id}",
    dependencies=[needs("platform")],
    summary="Get a dead letter",
    responses=answers(404, _200=(DeadLetterResource, "With its body")),
)
async def get(request: Request, letter_id: str) -> Response:
    """As it arrived in the queue where it died."""
    gateway = gateway_of(request)
    letter = await _letter(gateway, letter_id)
    body = await gateway.dead_box.letters.body(letter_id)
    try:
        text, base64 = body.decode(), None
    except UnicodeDecodeError:
        text, base64 = None, b64encode(body).decode()
    return json_response(shown(letter, text, base64))


@router.post(
    "/dead-letters/{letter_id}/replay",
    dependencies=[needs("platform")],
    summary="Replay a dead letter",
    responses=answers(404, 409, _200=(DeadLetterSummary, "The broker has it again; here it is gone")),
)
async def replay(request: Request, letter_id: str) -> Response:
    """Send it where it was sent before, once. Should it die again, it is a new letter."""
    gateway = gateway_of(request)
    letter = await _letter(gateway, letter_id)
    await gateway.dead_box.replay(letter)
    return json_response(summary(letter))


@router.delete(
    "/dead-letters/{letter_id}",
    dependencies=[needs("platform")],
    summary="Drop a dead letter",
    status_code=204,
    responses=answers(404),
)
async def drop(request: Request, letter_id: str) -> Response:
    """It is gone for good."""
    if not await gateway_of(request).dead_box.letters.drop(letter_id):
        raise _gone(letter_id)
    return Response(status_code=204)


async def _letter(gateway: Gateway, letter_id: str) -> DeadLetter:
    letter = await gateway.dead_box.letters.find(letter_id)
    if letter is None:
        raise _gone(letter_id)
    return letter


def _gone(letter_id: str) -> Refused:
    return Refused("not_found", f"There is no dead letter {letter_id!r}: it was replayed or dropped")
