"""The audit log as a file, read and sent a page at a time."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from starlette.responses import StreamingResponse

from services.gateway.identity_resources import AuditEntry, entry_shown
from services.gateway.present import Shown
from services.gateway.table import csv_head, csv_rows
from shared.storage.audit import Audit, Entry

AT_ONCE = 500
COLUMNS = tuple(AuditEntry.model_fields)


async def exported(
    audit: Audit, workspace_id: str, wanted: dict[str, Any], *, as_csv: bool
) -> StreamingResponse:
    """All entries that fit, the latest first. The first page is read before anything is answered, so that
    trouble is told as such."""
    first = await audit.page(workspace_id, before=None, limit=AT_ONCE, **wanted)
    write, kind, name = (_csv, "text/csv", "csv") if as_csv else (_ndjson, "application/x-ndjson", "ndjson")
    chunks = _chunks(audit, workspace_id, first, wanted, write)
    head = csv_head(COLUMNS).encode() if as_csv else b""
    headers = {"Content-Disposition": f'attachment; filename="audit.{name}"'}
    return StreamingResponse(_after(head, chunks), media_type=kind, headers=headers)


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
