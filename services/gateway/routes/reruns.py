"""Running a finished run again."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.gateway.control_inputs import Rerun
from services.gateway.credentials.given import check_again
from services.gateway.documented import IDEMPOTENCY_KEY, answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.callers import cause_of
from services.gateway.inputs import WaitQuery
from services.gateway.parts import gateway_of
from services.gateway.pinned import Pinned, version_id
from services.gateway.reading import read
from services.gateway.rerunning import Again, taken_over
from services.gateway.resources import RunResource
from services.gateway.starting import Order, start
from shared.contracts.run import RUN_FINISHED, Run
from shared.contracts.value import to_json
from shared.ids import now_ms

router = APIRouter(tags=["runs"])


@router.post(
    "/runs/{run_id}/rerun",
    dependencies=[needs("runs:write")],
    summary="Run a run again",
    status_code=202,
    responses=answers(
        403,
        404,
        409,
        _202=(RunResource, "A new run has been started"),
        _200=(RunResource, "Started and finished within `wait`"),
    ),
    openapi_extra=takes(Rerun, required=False) | {"parameters": [IDEMPOTENCY_KEY]},
)
async def rerun(
    request: Request, workspace_id: str, run_id: str, query: Annotated[WaitQuery, Query()]
) -> Response:
    """As a new run, which takes over the results of nodes before `from`: of all that went well, if a run that
    did not succeed is run again without it. The old run stays as it is."""
    gateway = gateway_of(request)
    body, raw = await read(request, Rerun)
    old = await gateway.run(workspace_id, run_id)
    order = await rerun_order(request, old, body, raw)
    return await start(gateway, request, replace(order, wait_s=query.wait))


async def rerun_order(request: Request, old: Run, wanted: Rerun, raw: bytes) -> Order:
    """The run that is wanted instead of a finished one; raises Refused."""
    gateway = gateway_of(request)
    _check_can_be_rerun(old)
    before = await gateway.pinned.graph(old.workspace_id, old.version)
    version = _version_wanted(old, wanted.version)
    after = before if version == old.version else await gateway.pinned.graph(old.workspace_id, version)
    if not old.dry:
        await check_again(gateway, access_of(request), after, old.workflow_id)
    new_input = "input" in wanted.model_fields_set
    nodes = taken_over(old, before, after, Again(wanted.from_, wanted.only, new_input))
    # The planner may not have stored yet what it keeps with the run; the new run looks for it there.
    await gateway.node_runs.insert(list(old.results.values()))

    async def pin() -> Pinned:
        found = await gateway.pinned.get(old.workspace_id, version)
        if found is None or not await gateway.versions.used(version, now_ms()):
            raise Refused("not_found", f"Version {version!r} is gone")
        return replace(found, workflow_id=old.workflow_id)

    return Order(
        workspace_id=old.workspace_id,
        pin=pin,
        input=to_json(wanted.input) if new_input else await gateway.payloads.text(old.input),
        lane=old.lane,
        wait_s=0,
        raw=raw,
        trace=request.scope["traceparent"],
        cause=cause_of(request),
        dry=old.dry,
        pins=old.pins if wanted.pins is None else wanted.pins,
        rerun_of=old.id,
        nodes=nodes,
    )


def _check_can_be_rerun(old: Run) -> None:
    if old.parent_id is not None:
        raise Refused(
            "child_run",
            f"Run {old.id!r} is part of run {old.parent_id!r}: run that again, from node {old.parent_node!r}",
        )
    if old.status not in RUN_FINISHED:
        raise Refused("run_unfinished", f"Run {old.id!r} is {old.status}; it has to finish first")


def _version_wanted(old: Run, number: int | None) -> str:
    if number is None:
        return old.version
    if old.workflow_id is None:
        raise Refused("not_possible", "version: a graph without a workflow has no versions")
    return version_id(old.workflow_id, number)
