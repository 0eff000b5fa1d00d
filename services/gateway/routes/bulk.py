"""Cancelling and running again many runs at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, Request, Response

from services.gateway.control_inputs import MOST_AT_ONCE, Rerun, RunsWanted
from services.gateway.control_resources import BulkResource
from services.gateway.controlling import ask
from services.gateway.documented import KEYED, answers, takes
from services.gateway.errors import Refused
from services.gateway.fitting import cancelled
from services.gateway.identity.access import access_of, needs
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import Shown, json_response, millis
from services.gateway.reading import read
from services.gateway.routes.reruns import rerun_order
from services.gateway.starting import begun, idempotency_key
from shared.contracts.events import RunControl
from shared.contracts.failure import failure
from shared.contracts.run import Run

AT_ONCE = 20
UNFINISHED = ("queued", "running", "paused")
UNSUCCESSFUL = ("failed", "cancelled")
DONE = {"_200": (BulkResource, "One result per run")}
EXTRA = takes(RunsWanted) | KEYED

router = APIRouter(tags=["control"])


@router.post(
    "/runs/bulk/cancel",
    dependencies=[needs("runs:write")],
    summary="Cancel many runs",
    responses=answers(413, **DONE),
    openapi_extra=EXTRA,
)
async def cancel_all(request: Request, workspace_id: str) -> Response:
    """Those given, or all unfinished ones that match; each has a result of its own."""

    async def cancel(run: Run) -> Shown:
        run, _ = await ask(request, run, RunControl(run_id=run.id, action="cancel"), cancelled)
        return {"status": run.status}

    return await _each(request, workspace_id, UNFINISHED, cancel)


@router.post(
    "/runs/bulk/retry",
    dependencies=[needs("runs:write")],
    summary="Run many runs again",
    responses=answers(413, **DONE),
    openapi_extra=EXTRA,
)
async def retry_all(request: Request, workspace_id: str) -> Response:
    """Those given, or all failed and cancelled ones that match, each from where it ended, as a new run."""
    gateway = gateway_of(request)
    key = idempotency_key(request)

    async def retry(run: Run) -> Shown:
        if run.status == "succeeded":
            raise Refused("run_finished", f"Run {run.id!r} has succeeded; there is nothing to retry")
        order = await rerun_order(request, run, Rerun.model_validate({}), b"")
        fresh, _ = await begun(gateway, order, f"{key}:{run.id}" if key else "", request.url.path)
        return {"run_id": fresh.id}

    return await _each(request, workspace_id, UNSUCCESSFUL, retry)


async def _each(
    request: Request, workspace_id: str, statuses: Sequence[str], do: Callable[[Run], Awaitable[Shown]]
) -> Response:
    """Do it to all runs wanted, some at a time, and tell what became of each."""
    gateway, access = gateway_of(request), access_of(request)
    idempotency_key(request)  # one that cannot be is refused, also when there are no runs
    wanted, _ = await read(request, RunsWanted)
    places = asyncio.Semaphore(AT_ONCE)

    async def one(run_id: str, run: Run | None) -> Shown:
        try:
            async with places:
                run = run or await gateway.run(workspace_id, run_id)
                access.need("runs:write", run.workflow_id)
                told = await do(run)
        except Refused as refused:
            return {"id": run_id, "ok": False, "failure": failure(refused.code, refused.detail).model_dump()}
        return {"id": run_id, "ok": True, **told}

    if wanted.ids is not None:
        found = [(run_id, None) for run_id in dict.fromkeys(wanted.ids)]
    else:
        matching = await _matching(gateway, workspace_id, wanted, statuses)
        found = [(run.id, run) for run in matching if access.may("runs:write", run.workflow_id)]
    results = await asyncio.gather(*(one(run_id, run) for run_id, run in found[:MOST_AT_ONCE]))
    return json_response({"results": results, "more": len(found) > MOST_AT_ONCE})


async def _matching(
    gateway: Gateway, workspace_id: str, wanted: RunsWanted, statuses: Sequence[str]
) -> list[Run]:
    """One more than is done at once, if there are as many."""
    status, workflow_id, before, after = wanted.filter
    if status and status not in statuses:
        return []
    return await gateway.runs.matching(
        workspace_id,
        statuses=[status] if status else statuses,
        workflow_id=workflow_id,
        after=millis(after),
        before=millis(before),
        limit=MOST_AT_ONCE + 1,
    )
