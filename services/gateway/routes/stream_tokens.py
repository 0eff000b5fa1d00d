"""What opens a run's stream without a header."""

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers
from services.gateway.identity.access import needs
from services.gateway.identity.callers import caller_of
from services.gateway.identity.stream_tokens import LASTS_S, Opening
from services.gateway.parts import gateway_of
from services.gateway.present import json_response
from services.gateway.resources import StreamToken
from services.gateway.routes.node_runs import root_of
from shared.ids import now_ms

router = APIRouter(tags=["runs"])


@router.post(
    "/runs/{run_id}/events/token",
    dependencies=[needs("runs:read")],
    summary="A token for the stream of a run",
    status_code=201,
    responses=answers(404, _201=(StreamToken, "What opens the stream")),
)
async def create(request: Request, workspace_id: str, run_id: str) -> Response:
    """For browsers, whose `EventSource` sends no headers: `new EventSource(url)` within a minute. The token
    opens only this stream, which ends when the access of who asked for the token does."""
    gateway = gateway_of(request)
    run = await gateway.run(workspace_id, run_id)
    opening = Opening(caller_of(request).holder, workspace_id, run.id)
    token = gateway.stream_tokens.written(opening, now_ms())
    url = f"{root_of(request)}/api/v1/workspaces/{workspace_id}/runs/{run.id}/events?token={token}"
    return json_response({"token": token, "url": url, "expires_in": LASTS_S}, 201)
