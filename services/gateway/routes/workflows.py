"""Workflows and their drafts."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Request, Response

from services.gateway.archiving import hold_triggers, restored
from services.gateway.credentials.given import named
from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.rights import Access
from services.gateway.identity.sight import seen
from services.gateway.inputs import DraftChange, NewWorkflow, WorkflowsQuery
from services.gateway.parts import Gateway, gateway_of
from services.gateway.present import json_response, page, workflow_shown, workflow_summary
from services.gateway.reading import read
from services.gateway.resources import WorkflowPage, WorkflowResource
from shared.check import Checked
from shared.contracts.value import to_json
from shared.ids import new_id, now_ms
from shared.storage.workflows import Workflow

MOST_TRIES = 10

router = APIRouter(tags=["workflows"])


@router.post(
    "/workflows",
    dependencies=[needs("workflows:write")],
    summary="Create a workflow",
    status_code=201,
    responses=answers(413, _201=(WorkflowResource, "Created")),
    openapi_extra=takes(NewWorkflow),
)
async def create(request: Request, workspace_id: str) -> Response:
    """The draft may lack config (`problems` says what); its shape, edges and expressions must be right."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, NewWorkflow)
    workflow, checked = await created(gateway, access_of(request), wanted)
    location = {"Location": f"{request.url.path}/{workflow.id}"}
    return json_response(workflow_shown(workflow, checked), 201, location)


@router.get(
    "/workflows",
    dependencies=[needs("workflows:read")],
    summary="List workflows",
    responses=answers(_200=(WorkflowPage, "The newest first")),
)
async def list_all(
    request: Request, workspace_id: str, query: Annotated[WorkflowsQuery, Query()]
) -> Response:
    """Without their drafts; archived ones are left out, or listed alone."""
    limit, state = query.limit + 1, "archived" if query.archived else "active"

    async def read_page(before: str | None) -> list[Workflow]:
        workflows = gateway_of(request).workflows
        return await workflows.page(workspace_id, before=before, limit=limit, state=state)

    found = await seen(access_of(request), read_page, lambda each: each.id, cursor=query.cursor, limit=limit)
    return json_response(page([workflow_summary(each) for each in found], query.limit))


@router.get(
    "/workflows/{workflow_id}",
    dependencies=[needs("workflows:read")],
    summary="Get a workflow",
    responses=answers(404, _200=(WorkflowResource, "The workflow with its draft")),
)
async def get(request: Request, workspace_id: str, workflow_id: str) -> Response:
    """With its draft, and what that still lacks."""
    gateway = gateway_of(request)
    workflow = await gateway.workflow(workspace_id, workflow_id)
    return await with_draft(gateway, access_of(request), workflow)


@router.put(
    "/workflows/{workflow_id}",
    dependencies=[needs("workflows:write")],
    summary="Save the draft",
    responses=answers(404, 409, 413, _200=(WorkflowResource, "Saved as the next revision")),
    openapi_extra=takes(DraftChange),
)
async def save(request: Request, workspace_id: str, workflow_id: str) -> Response:
    """Over revision `rev`; 409 when someone else has saved since. Publishing does not change `rev`."""
    gateway = gateway_of(request)
    change, _ = await read(request, DraftChange)
    if change.graph is not None:
        found = await named(gateway, access_of(request), change.graph, workflow_id)
        await gateway.drafts.savable(change.graph, workflow_id=workflow_id, given=found.given)
    graph = None if change.graph is None else to_json(change.graph)
    wanted = change.model_dump(include={"name", "description", "tags"}, exclude_none=True)
    changes = wanted if graph is None else {**wanted, "graph": graph}
    workflow = await changed(gateway, workspace_id, workflow_id, rev=change.rev, **changes)
    return await with_draft(gateway, access_of(request), workflow)


@router.delete(
    "/workflows/{workflow_id}",
    dependencies=[needs("workflows:write")],
    summary="Archive a workflow",
    status_code=204,
    responses=answers(404),
)
async def archive(request: Request, workspace_id: str, workflow_id: str) -> Response:
    """It can no longer be found or started until it is restored; its runs stay. Its triggers are held."""
    gateway = gateway_of(request)
    workflow = await changed(gateway, workspace_id, workflow_id, rev=None, state="archived")
    await hold_triggers(gateway, workflow)
    return Response(status_code=204)


@router.post(
    "/workflows/{workflow_id}/restore",
    dependencies=[needs("workflows:write")],
    summary="Restore an archived workflow",
    responses=answers(403, 404, 409, _200=(WorkflowResource, "The workflow, as it was")),
)
async def restore(request: Request, workspace_id: str, workflow_id: str) -> Response:
    """With its versions and triggers: those that nobody has paused go on from now, without making up for what
    went by."""
    gateway = gateway_of(request)
    workflow = await restored(gateway, workspace_id, workflow_id)
    return await with_draft(gateway, access_of(request), workflow)


async def created(gateway: Gateway, access: Access, wanted: NewWorkflow) -> tuple[Workflow, Checked]:
    """Insert a workflow; with what its draft still lacks. Raises Refused (`invalid_graph`)."""
    found = await named(gateway, access, wanted.graph)
    checked = await gateway.drafts.savable(wanted.graph, given=found.given)
    now = now_ms()
    workflow = Workflow(
        id=new_id("wf"),
        workspace_id=access.workspace_id,
        name=wanted.name,
        description=wanted.description,
        tags=wanted.tags,
        graph=to_json(wanted.graph),
        rev=1,
        created_at=now,
        updated_at=now,
    )
    await gateway.workflows.insert(workflow)
    return workflow, checked


async def with_draft(gateway: Gateway, access: Access, workflow: Workflow) -> Response:
    """A workflow as it is shown, its draft checked anew."""
    graph = orjson.loads(workflow.graph)
    found = await named(gateway, access, graph, workflow.id)
    checked = await gateway.drafts.checked(graph, workflow_id=workflow.id, given=found.given)
    return json_response(workflow_shown(workflow, checked))


async def changed(
    gateway: Gateway, workspace_id: str, workflow_id: str, *, rev: int | None, **changes: object
) -> Workflow:
    """Save changes as the next revision over `rev` (None: over whatever is there); raises Refused."""
    for _ in range(MOST_TRIES):
        before = await gateway.workflow(workspace_id, workflow_id)
        check_rev(before, rev)
        after = before.model_copy(update={**changes, "rev": before.rev + 1, "updated_at": now_ms()})
        if await gateway.save_workflow(after, over=before):
            return after
    raise Refused("stale_revision", "Others keep changing this workflow; read it again and retry")


def check_rev(workflow: Workflow, rev: int | None) -> None:
    """Raises Refused unless the draft is still the one that the caller has seen."""
    if rev is not None and rev != workflow.rev:
        raise Refused(
            "stale_revision",
            f"The draft is at revision {workflow.rev}, not {rev}: read it again, then save over that",
        )
