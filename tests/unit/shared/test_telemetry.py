"""Traces travel with every message; spans are made only where somebody collects them."""

import json
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from shared import telemetry
from shared.telemetry import is_sampled, mark_failed, span, trace_id, traceparent

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
UNSAMPLED = CALLER[:-2] + "00"


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is exported."""
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("weft"))
    monkeypatch.setattr(telemetry, "_exporting", True)
    yield exporter
    provider.shutdown()


def ids(found: ReadableSpan) -> tuple[str, str | None]:
    assert found.context
    return f"{found.context.trace_id:032x}", f"{found.parent.span_id:016x}" if found.parent else None


def test_a_span_goes_on_where_the_caller_is(collected: InMemorySpanExporter) -> None:
    with span("outer", CALLER, run_id="run_1"):
        inner_parent = traceparent()
        with span("inner"):
            pass
    inner, outer = collected.get_finished_spans()
    assert ids(outer) == (trace_id(CALLER), "b7ad6b7169203331")
    assert ids(inner) == (trace_id(CALLER), inner_parent.split("-")[2])
    assert dict(outer.attributes or {}) == {"run_id": "run_1"}


def test_what_the_caller_does_not_record_is_not_recorded(collected: InMemorySpanExporter) -> None:
    with span("quiet", UNSAMPLED):
        assert trace_id(traceparent()) == trace_id(UNSAMPLED)
        assert not is_sampled(traceparent())
    assert collected.get_finished_spans() == ()


@pytest.mark.parametrize("text", ["", "nonsense", "00-zz-11-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_a_traceparent_that_is_none_begins_a_trace(collected: InMemorySpanExporter, text: str) -> None:
    with span("first", text):
        pass
    [found] = collected.get_finished_spans()
    assert ids(found)[1] is None
    assert not is_sampled(text)


def test_without_a_collector_the_trace_still_travels() -> None:
    with span("nothing", CALLER) as current:
        assert not current.is_recording()
        assert traceparent(CALLER) == CALLER
        fresh = traceparent()
    assert len(trace_id(fresh)) == 32
    assert not is_sampled(fresh)
    assert is_sampled(CALLER)


def test_a_failure_is_marked(collected: InMemorySpanExporter) -> None:
    with span("bad", CALLER) as current:
        mark_failed(current, "503")
    [found] = collected.get_finished_spans()
    assert (found.status.status_code, found.status.description) == (StatusCode.ERROR, "503")


def test_log_lines_name_service_and_trace(
    collected: InMemorySpanExporter, capsys: pytest.CaptureFixture[str]
) -> None:
    before = structlog.get_config()
    try:
        telemetry.set_up_logs("planner", "info")
        with span("work", CALLER):
            structlog.stdlib.get_logger().info("run.saved", run_id="run_1")
    finally:
        structlog.configure(**before)
        structlog.contextvars.clear_contextvars()
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["service"], line["run_id"]) == ("run.saved", "planner", "run_1")
    assert line["trace_id"] == trace_id(CALLER)
