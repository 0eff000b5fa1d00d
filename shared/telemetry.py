"""Logs and traces. The trace context always travels with a message; spans are sampled and only exist with an
exporter."""

import logging
import secrets
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags
from opentelemetry.trace import Status as SpanStatus

from shared.redaction import NOTHING, REDACTING

logger = structlog.stdlib.get_logger()
_tracer = trace.get_tracer("weft")
_exporting = False


def set_up_logs(service: str, level: str) -> None:
    """Structured JSON lines on standard output, each with the service and the trace it belongs to."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(message)s")
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_RedactedLines("%(message)s"))
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_trace,
            structlog.processors.format_exc_info,
            _redacted,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def set_up_traces(service: str, endpoint: str, sample: float) -> TracerProvider | None:
    """Export spans to an OTLP/HTTP endpoint; None (and no spans at all) without one. `sample` is a ratio, 0
    to 1."""
    global _tracer, _exporting
    if not endpoint:
        return None
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"weft-{service}", "service.namespace": "weft"}),
        sampler=ParentBased(TraceIdRatioBased(sample)),
    )
    url = endpoint if endpoint.endswith("/v1/traces") else f"{endpoint.rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    _tracer, _exporting = provider.get_tracer("weft"), True
    return provider


@contextmanager
def span(name: str, traceparent: str = "", **attributes: Any) -> Iterator[Span]:
    """A span under a W3C `traceparent` (or the current span when it is empty); none without an exporter."""
    if not _exporting:
        yield trace.INVALID_SPAN
        return
    context = trace.set_span_in_context(NonRecordingSpan(parsed)) if (parsed := _parse(traceparent)) else None
    with _tracer.start_as_current_span(name, context=context, attributes=attributes or None) as current:
        yield current


def mark_failed(current: Span, code: str) -> None:
    """Say in the trace that what the span covers ended in a failure."""
    current.set_status(SpanStatus(trace.StatusCode.ERROR, code))


def traceparent(fallback: str = "") -> str:
    """The current span as a W3C `traceparent`; without one, `fallback`, or a fresh unsampled one."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
    return fallback or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"


def trace_id(text: str) -> str:
    """The trace id of a `traceparent`, or an empty string."""
    return text.split("-")[1] if text.count("-") == 3 else ""


def is_sampled(text: str) -> bool:
    """Whether a `traceparent` belongs to a trace that is recorded."""
    parsed = _parse(text)
    return parsed is not None and parsed.trace_flags.sampled


def _parse(text: str) -> SpanContext | None:
    try:
        _, trace_hex, span_hex, flags = text.split("-")
        context = SpanContext(int(trace_hex, 16), int(span_hex, 16), True, TraceFlags(int(flags, 16)))
    except ValueError:
        return None
    return context if context.is_valid else None


class _RedactedLines(logging.Formatter):
    """What libraries log, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """One record, without the secrets of the node that it is about."""
        return REDACTING.get().text(super().format(record))


def _redacted(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    redactor = REDACTING.get()
    if redactor is NOTHING:
        return event
    return {name: redactor.value(each) for name, each in event.items()}


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event
