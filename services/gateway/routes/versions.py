"""Published versions: immutable, numbered from 1."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from services.gateway.credentials.given import named, share
from services.gateway.diff import diff
from services.gateway.documented import answers, takes
from services.gateway.errors import Refused
from services.gateway.identity.access import access_of, needs
from services.gateway.identity.rights import Access
from services.gateway.inputs import DiffQuery, Publication, Restoration, VersionsQuery
from services.gateway.parts import Gateway, gateway_of
from services.gateway.pinned import version_id
from services.gateway.present import json_response, version_shown, version_summary
from services.gateway.reading import read
from services.gateway.resources import DiffResource, VersionPage, VersionResource, WorkflowResource
from services.gateway.routes.workflows import MOST_TRIES, changed, check_rev, with_draft
from shared.contracts.version import Version
from shared.ids import now_ms
from shared.storage.workflows import Workflow

Number = Annotated[int, Path(ge=1, le=1_000_000)]

router = APIRouter(prefix="/workflows/{workflow_id}/versions", tags=["versions"])


@router.post(
    "",
    dependencies=[needs("workflows:write")],
    summary="Publish the draft",
    status_code=201,
    responses=answers(404, 409, _201=(VersionResource, "Published")),
    openapi_extra=takes(Publication, required=False),
)
async def publish(request: Request, workspace_id: str, workflow_id: str) -> Response:
    """As the next version, frozen together with what its node types say today."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, Publication)
    workflow = await gateway.workflow(workspace_id, workflow_id)
    check_rev(workflow, wanted.rev)
    version = await _inserted(gateway, access_of(request), workflow, wanted.note)
    await _make_latest(gateway, workflow, version.number or 0)
    gateway.pinned.remember(version)
    location = {"Location": f"{request.url.path}/{version.number}"}
    return json_response(version_shown(version), 201, location)


@router.get(
    "",
    dependencies=[needs("workflows:read")],
    summary="List versions",
    responses=answers(404, _200=(VersionPage, "The newest first")),
)
async def list_all(
    request: Request, workspace_id: str, workflow_id: str, query: Annotated[VersionsQuery, Query()]
) -> Response:
    """Without their graphs; the cursor is the number of the last version of the page before."""
    gateway = gateway_of(request)
    workflow = await gateway.workflow(workspace_id, workflow_id)
    newest = workflow.latest if query.cursor is None else int(query.cursor) - 1
    numbers = range(newest, max(0, newest - query.limit), -1)
    found = await gateway.versions.load([version_id(workflow.id, number) for number in numbers])
    items = sorted((version_summary(each) for each in found.values()), key=lambda each: -each["number"])
    return json_response({"items": items, "next": str(numbers[-1]) if numbers and numbers[-1] > 1 else None})


@router.get(
    "/{number}",
    dependencies=[needs("workflows:read")],
    summary="Get a version",
    responses=answers(404, _200=(VersionResource, "The version with its graph")),
)
async def get(request: Request, workspace_id: str, workflow_id: str, number: Number) -> Response:
    """It never changes."""
    return json_response(version_shown(await _version(request, workspace_id, workflow_id, number)))


@router.get(
    "/{number}/diff",
    dependencies=[needs("workflows:read")],
    summary="Compare two versions",
    responses=answers(404, _200=(DiffResource, "What has changed from the older one to the newer")),
)
async def compare(
    request: Request,
    workspace_id: str,
    workflow_id: str,
    number: Number,
    query: Annotated[DiffQuery, Query()],
) -> Response:
    """With another version, the draft, or else the version before; the first one with nothing."""
    gateway = gateway_of(request)
    one = await _version(request, workspace_id, workflow_id, number)
    if query.with_ == "draft":
        workflow = await gateway.workflow(workspace_id, workflow_id)
        sides = [(number, one.graph), ("draft", workflow.graph)]
    elif query.with_ is None and number == 1:
        sides = [(None, "{}"), (number, one.graph)]
    else:
        other = await _version(request, workspace_id, workflow_id, query.with_ or number - 1)
        sides = sorted([(number, one.graph), (other.number or 0, other.graph)])
    (older, before), (newer, after) = sides
    catalog = await gateway.catalog.current()
    found = diff(orjson.loads(before), orjson.loads(after), catalog)
    return json_response({"from": older, "to": newer, **found.shown()})


@router.post(
    "/{number}/restore",
    dependencies=[needs("workflows:write")],
    summary="Make a version the draft",
    responses=answers(404, 409, _200=(WorkflowResource, "The workflow with its new draft")),
    openapi_extra=takes(Restoration, required=False),
)
async def restore(request: Request, workspace_id: str, workflow_id: str, number: Number) -> Response:
    """The version itself stays; publish again to make it the latest."""
    wanted, _ = await read(request, Restoration)
    version = await _version(request, workspace_id, workflow_id, number)
    gateway = gateway_of(request)
    workflow = await changed(gateway, workspace_id, workflow_id, rev=wanted.rev, graph=version.graph)
    return await with_draft(gateway, access_of(request), workflow)


async def _version(request: Request, workspace_id: str, workflow_id: str, number: int) -> Version:
    gateway = gateway_of(request)
    workflow = await gateway.workflow(workspace_id, workflow_id)
    version = await gateway.versions.get(workspace_id, version_id(workflow.id, number))
    if version is None:
        raise Refused("not_found", f"Workflow {workflow_id!r} has no version {number}")
    return version


async def _inserted(gateway: Gateway, access: Access, workflow: Workflow, note: str) -> Version:
    """The draft as a version under the first free number: a publication may have died after inserting."""
    graph = orjson.loads(workflow.graph)
    found = await named(gateway, access, graph, workflow.id)
    frozen = await gateway.drafts.frozen(graph, workflow_id=workflow.id, given=found.given)
    await share(gateway, found.found, workflow.id)
    for number in range(workflow.latest + 1, workflow.latest + 1 + MOST_TRIES):
        version = Version(
            id=version_id(workflow.id, number),
            workspace_id=workflow.workspace_id,
            workflow_id=workflow.id,
            number=number,
            note=note,
            graph=workflow.graph,
            frozen=frozen,
            created_at=now_ms(),
        )
        if await gateway.versions.insert(version):
            return version
    raise Refused("stale_revision", "Others are publishing this workflow at the same time; retry")


async def _make_latest(gateway: Gateway, workflow: Workflow, number: int) -> None:
    """Guarded by what was read, so that a draft saved meanwhile stays; the highest number wins."""
    for _ in range(MOST_TRIES):
        if workflow.latest >= number:
            return
        latest = workflow.model_copy(update={"latest": number})
        if await gateway.save_workflow(latest, over=workflow):
            return
        workflow = await gateway.workflow(workflow.workspace_id, workflow.id)
    raise Refused("stale_revision", "Others keep changing this workflow; publish again")
