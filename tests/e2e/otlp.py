"""A real OTLP/HTTP receiver: takes what the services export, and waits until a trace is complete."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue


@dataclass(frozen=True)
class Span:
    """One span as it was exported; ids in hex, `service` without its prefix."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]


Trace = list[Span]


class Spans:
    """All spans received so far, by trace."""

    def __init__(self) -> None:
        self.url = ""
        self.raw: list[bytes] = []
        self._traces: dict[str, Trace] = {}
        self._news = asyncio.Condition()

    async def add(self, spans: Sequence[Span]) -> None:
        """Take spans in."""
        async with self._news:
            for span in spans:
                self._traces.setdefault(span.trace, []).append(span)
            self._news.notify_all()

    async def trace(self, trace: str, enough: Callable[[Trace], object], within_s: float = 60) -> Trace:
        """The spans of one trace, as soon as they are enough; what there is when that takes too long."""
        try:
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(lambda: enough(self._traces.get(trace, [])))
        except TimeoutError:
            pass
        return list(self._traces.get(trace, []))


@asynccontextmanager
async def receiving() -> AsyncIterator[Spans]:
    """A receiver on a free port; its `url` is for OTEL_EXPORTER_OTLP_ENDPOINT."""
    spans = Spans()

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        raw = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
        spans.raw.append(raw)
        await spans.add(_read(ExportTraceServiceRequest.FromString(raw)))
        told = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=told, content_type="application/x-protobuf")

    app = web.Application(client_max_size=64_000_000)
    app.add_routes([web.post("/v1/traces", take)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    spans.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield spans
    finally:
        await runner.cleanup()


def _read(request: ExportTraceServiceRequest) -> list[Span]:
    return [
        Span(
            service=str(_plain(group.resource.attributes)["service.name"]).removeprefix("weft-"),
            name=span.name,
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
            attributes=_plain(span.attributes),
        )
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _plain(attributes: Sequence[KeyValue]) -> dict[str, Any]:
    return {
        each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in attributes
    }
