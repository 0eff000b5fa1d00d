"""What happened in a run: as a list, or live as server-sent events."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.gateway.documented import LAST_EVENT_ID, answers
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.inputs import EventsQuery
from services.gateway.parts import gateway_of
from services.gateway.present import event_shown, json_response
from services.gateway.resources import EventPage
from services.gateway.stream import Stream, recorded
from shared.contracts.run import RUN_FINISHED

STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

router = APIRouter(tags=["runs"])

_RESPONSES = answers(404, _200=(EventPage, "Events in order, or a stream of them"))
_RESPONSES[200]["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
_RESPONSES[204] = {"description": "The run has finished and there is nothing after `Last-Event-ID`"}


@router.get(
    "/runs/{run_id}/events",
    dependencies=[needs("runs:read")],
    summary="Events of a run",
    responses=_RESPONSES,
    openapi_extra={"parameters": [LAST_EVENT_ID]},
)
async def events(
    request: Request, workspace_id: str, run_id: str, query: Annotated[EventsQuery, Query()]
) -> Response:
    """With `Accept: text/event-stream`, a stream that begins after `Last-Event-ID` (or `after`) and ends with
    the run; a JSON list otherwise."""
    gateway = gateway_of(request)
    after = _last_event_id(request, query.after)
    run = await gateway.run(workspace_id, run_id)
    if "text/event-stream" not in request.headers.get("accept", ""):
        found = list((await recorded(gateway, run, after)).items())
        items = [event_shown(run.id, seq, event) for seq, event in found[: query.limit]]
        more = items[-1]["seq"] if len(found) > query.limit else None
        return json_response({"items": items, "next": more})
    if run.status in RUN_FINISHED and after >= run.seq:
        return Response(status_code=204)  # tells an EventSource not to come back
    may = partial(gateway.callers.may_still, access_of(request), "runs:read", run.workflow_id)
    return StreamingResponse(
        aiter(Stream(gateway, run, after, may)), media_type="text/event-stream", headers=STREAM_HEADERS
    )


def _last_event_id(request: Request, after: int) -> int:
    given = request.headers.get("last-event-id")
    if given is None:
        return after
    if not (given.isascii() and given.isdecimal() and len(given) <= 10):
        raise Refused("bad_header", "Last-Event-ID must be the `id` of an event: a number")
    return int(given)
