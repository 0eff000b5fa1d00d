"""The audit log: of a workspace, and of what belongs to none (sign-ins, the installation)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from services.gateway.documented import answers
from services.gateway.identity.access import needs
from services.gateway.identity.exporting import exported
from services.gateway.identity_inputs import AuditExportQuery, AuditQuery
from services.gateway.identity_resources import AuditPage, entry_shown
from services.gateway.parts import gateway_of
from services.gateway.present import json_response, millis, page

NOWHERE = ""
FILE = {"description": "All that fit, as a stream", "content": {"application/x-ndjson": {}, "text/csv": {}}}
EXPORT = {200: FILE}

router = APIRouter(tags=["audit"])
outer = APIRouter(tags=["audit"])


@router.get(
    "/audit",
    dependencies=[needs("audit:read")],
    summary="Read the audit log",
    responses=answers(403, 404, _200=(AuditPage, "The latest first")),
)
async def list_all(request: Request, workspace_id: str, query: Annotated[AuditQuery, Query()]) -> Response:
    """Who has changed what in this workspace."""
    return await _listed(request, workspace_id, query)


@router.get(
    "/audit/export",
    dependencies=[needs("audit:read")],
    summary="Export the audit log",
    responses=answers(403, 404) | EXPORT,
)
async def export(
    request: Request, workspace_id: str, query: Annotated[AuditExportQuery, Query()]
) -> Response:
    """As CSV or as a line of JSON an entry, the latest first."""
    return await _exported(request, workspace_id, query)


@outer.get(
    "/audit",
    dependencies=[needs("platform")],
    summary="Read the installation's audit log",
    responses=answers(403, _200=(AuditPage, "The latest first")),
)
async def list_outer(request: Request, query: Annotated[AuditQuery, Query()]) -> Response:
    """What belongs to no workspace: sign-ins, also those that have failed (status 401), passwords, people."""
    return await _listed(request, NOWHERE, query)


@outer.get(
    "/audit/export",
    dependencies=[needs("platform")],
    summary="Export the installation's audit log",
    responses=answers(403) | EXPORT,
)
async def export_outer(request: Request, query: Annotated[AuditExportQuery, Query()]) -> Response:
    """As CSV or as a line of JSON an entry, the latest first."""
    return await _exported(request, NOWHERE, query)


async def _listed(request: Request, workspace_id: str, query: AuditQuery) -> Response:
    found = await gateway_of(request).audit.page(
        workspace_id, before=query.cursor, limit=query.limit + 1, **_wanted(query)
    )
    return json_response(page([entry_shown(each) for each in found], query.limit))


async def _exported(request: Request, workspace_id: str, query: AuditExportQuery) -> Response:
    audit = gateway_of(request).audit
    return await exported(audit, workspace_id, _wanted(query), as_csv=query.format == "csv")


def _wanted(query: AuditQuery | AuditExportQuery) -> dict[str, Any]:
    equal = {"actor_id": query.actor, "action": query.action}
    given = {field: value for field, value in equal.items() if value is not None}
    return {"equal": given, "since": millis(query.from_), "until": millis(query.to)}
