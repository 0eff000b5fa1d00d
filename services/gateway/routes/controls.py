"""Pausing, resuming and cancelling runs."""

from typing import Literal

from fastapi import APIRouter, Request, Response

from services.gateway.controlling import Effect, ask, started
from services.gateway.documented import KEYED, answers, asked, takes
from services.gateway.errors import Refused
from services.gateway.fitting import Fits, cancelled, paused, resumed
from services.gateway.identity.access import needs
from services.gateway.inputs import Cancellation
from services.gateway.parts import Gateway, gateway_of
from services.gateway.reading import read
from services.gateway.resources import RunResource
from services.gateway.spliced import spliced
from services.gateway.starting import shown
from shared.contracts.events import RunControl
from shared.contracts.run import Run

ASKED = asked(RunResource)

router = APIRouter(tags=["control"])


@router.post(
    "/runs/{run_id}/pause",
    dependencies=[needs("runs:write")],
    summary="Pause a run",
    responses=answers(404, 409, **ASKED),
    openapi_extra=KEYED,
)
async def pause(request: Request, workspace_id: str, run_id: str) -> Response:
    """No further node is begun, in its child runs neither; what is under way is finished and recorded."""
    gateway = gateway_of(request)
    run = await started(gateway, await gateway.run(workspace_id, run_id))
    if run.status == "queued":
        raise Refused("run_queued", f"Run {run.id!r} is still queued: it can be paused once it has started")
    run, effect = await _controlled(request, workspace_id, run_id, "pause", paused)
    return await _answer(gateway, run, effect)


@router.post(
    "/runs/{run_id}/resume",
    dependencies=[needs("runs:write")],
    summary="Resume a run",
    responses=answers(404, 409, **ASKED),
    openapi_extra=KEYED,
)
async def resume(request: Request, workspace_id: str, run_id: str) -> Response:
    """It goes on where it was paused; the time in between does not count against its limit."""
    gateway = gateway_of(request)
    run, effect = await _controlled(request, workspace_id, run_id, "resume", resumed)
    return await _answer(gateway, run, effect)


@router.post(
    "/runs/{run_id}/cancel",
    dependencies=[needs("runs:write")],
    summary="Cancel a run",
    responses=answers(404, 409, **ASKED),
    openapi_extra=takes(Cancellation, required=False) | KEYED,
)
async def cancel(request: Request, workspace_id: str, run_id: str) -> Response:
    """Nodes that run are asked to stop, those that wait are not started; its child runs are cancelled too."""
    gateway = gateway_of(request)
    body, _ = await read(request, Cancellation)
    run, effect = await _controlled(request, workspace_id, run_id, "cancel", cancelled, reason=body.reason)
    return await _answer(gateway, run, effect)


async def _controlled(
    request: Request,
    workspace_id: str,
    run_id: str,
    action: Literal["pause", "resume", "cancel"],
    fits: Fits,
    reason: str = "",
) -> tuple[Run, Effect]:
    run = await gateway_of(request).run(workspace_id, run_id)
    return await ask(request, run, RunControl(run_id=run.id, action=action, reason=reason), fits)


async def _answer(gateway: Gateway, run: Run, effect: Effect) -> Response:
    return spliced(gateway.payloads, await shown(gateway, run), 202 if effect == "pending" else 200)
