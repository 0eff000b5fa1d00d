"""The audit log: of a workspace, and of what belongs to none (sign-ins, the installation)."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from services.gateway.documented import answers
from services.gateway.identity.access import needs
from services.gateway.identity_inputs import AuditExportQuery, AuditQuery
from services.gateway.identity_resources import AuditEntry, AuditPage, entry_shown
from services.gateway.parts import gateway_of
from services.gateway.present import Shown, json_response, millis, page
from services.gateway.table import csv_head, csv_rows
from shared.storage.audit import Audit, Entry

AT_ONCE = 500
COLUMNS = tuple(AuditEntry.model_fields)
NOWHERE = ""
EXPORT = {
    200: {
        "description": "All that fit, as a stream",
        "content": {"application/x-ndjson": {}, "text/csv": {}},
    }
}

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
    """The first page is read before anything is answered, so that trouble is told as such."""
    audit, wanted = gateway_of(request).audit, _wanted(query)
    first = await audit.page(workspace_id, before=None, limit=AT_ONCE, **wanted)
    write, kind = (_csv, "text/csv") if query.format == "csv" else (_ndjson, "application/x-ndjson")
    name = f'attachment; filename="audit.{query.format}"'
    chunks = _chunks(audit, workspace_id, first, wanted, write)
    head = csv_head(COLUMNS).encode() if query.format == "csv" else b""
    headers = {"Content-Disposition": name}
    return StreamingResponse(_after(head, chunks), media_type=kind, headers=headers)


def _wanted(query: AuditQuery | AuditExportQuery) -> dict[str, Any]:
    equal = {"actor_id": query.actor, "action": query.action}
    given = {field: value for field, value in equal.items() if value is not None}
    return {"equal": given, "since": millis(query.from_), "until": millis(query.to)}


async def _after(head: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in chunks:
        yield chunk


async def _chunks(
    audit: Audit,
    workspace_id: str,
    entries: list[Entry],
    wanted: dict[str, Any],
    write: Callable[[list[Shown]], bytes],
) -> AsyncIterator[bytes]:
    while entries:
        yield write([entry_shown(each) for each in entries])
        if len(entries) < AT_ONCE:
            return
        entries = await audit.page(workspace_id, before=entries[-1].id, limit=AT_ONCE, **wanted)


def _ndjson(entries: list[Shown]) -> bytes:
    return b"".join(orjson.dumps(each) + b"\n" for each in entries)


def _csv(entries: list[Shown]) -> bytes:
    return csv_rows(entries, COLUMNS).encode()
