"""Workflows written in other systems' languages."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from services.gateway.documented import answers, takes
from services.gateway.errors import Refused, refusal
from services.gateway.identity.access import access_of, needs
from services.gateway.import_models import ImportedResource, WorkflowImport
from services.gateway.inputs import MAX_NAME_CHARS, NewWorkflow
from services.gateway.parts import gateway_of
from services.gateway.present import json_response, workflow_shown
from services.gateway.reading import read
from services.gateway.routes.workflows import created
from shared.asl.faults import JSONATA
from shared.asl.translate import Fault, translate

router = APIRouter(tags=["workflows"])


@router.post(
    "/workflows/import",
    dependencies=[needs("workflows:write")],
    summary="Import a workflow",
    status_code=201,
    responses=answers(413, _201=(ImportedResource, "Created; see what was not carried over")),
    openapi_extra=takes(WorkflowImport),
)
async def import_workflow(request: Request, workspace_id: str) -> Response:
    """A definition in Amazon States Language becomes the draft of a new workflow. States with JSONata are
    refused (`asl_jsonata`), as is a definition with faults (`invalid_definition`)."""
    gateway = gateway_of(request)
    wanted, _ = await read(request, WorkflowImport)
    translated = await asyncio.to_thread(translate, wanted.document)
    if translated.graph is None:
        raise _refused(translated.faults)
    workflow, checked = await created(
        gateway,
        access_of(request),
        NewWorkflow(
            name=wanted.name or _name(wanted.document),
            description=wanted.description,
            tags=wanted.tags,
            graph=translated.graph,
        ),
    )
    body = {
        "workflow": workflow_shown(workflow, checked),
        "not_carried": [vars(each) for each in translated.not_carried],
        "mocks": translated.mocks,
    }
    location = {"Location": f"{request.url.path.removesuffix('/import')}/{workflow.id}"}
    return json_response(body, 201, location)


def _refused(faults: list[Fault]) -> Refused:
    """The refusal; states with JSONata are named before all else."""
    code = JSONATA if any(each.code == JSONATA for each in faults) else "invalid_definition"
    first = next((each for each in faults if each.code == code), faults[0])
    return refusal(code, [vars(each) for each in faults], first=vars(first))


def _name(document: dict[str, Any]) -> str:
    comment = document.get("Comment")
    lines = comment.strip().splitlines() if isinstance(comment, str) else []
    return (lines[0] if lines else f"From {document['StartAt']}").strip()[:MAX_NAME_CHARS].strip()
