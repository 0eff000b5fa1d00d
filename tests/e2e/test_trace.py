"""One trace from the HTTP request through every service and back, over every hop."""

import asyncio
import secrets

from tests.e2e.client import Weft, graph, http, node, values
from tests.e2e.otlp import Spans, Trace
from tests.http_server import Server

CALLER = "1111111111111111"


def by_id(trace: Trace) -> dict[str, str]:
    return {span.id: span.service for span in trace}


def is_complete(trace: Trace) -> bool:
    """The gateway was told of the end, and the request that waited for it has been answered."""
    ends = [span for span in trace if span.attributes.get("status") == "succeeded"]
    return bool(ends) and any(span.parent == CALLER for span in trace) and not orphans(trace)


def orphans(trace: Trace) -> Trace:
    return [span for span in trace if span.parent != CALLER and span.parent not in by_id(trace)]


def way_to(trace: Trace, last: str) -> list[tuple[str, str]]:
    """Service and name of every span from the root down to the span with this id."""
    known = {span.id: span for span in trace}
    way: list[tuple[str, str]] = []
    while last in known:
        way.insert(0, (known[last].service, known[last].name.split()[0]))
        last = known[last].parent
    assert last == CALLER
    return way


async def test_one_trace_leads_from_the_request_through_every_service_and_back(
    weft: Weft, spans: Spans, target: Server
) -> None:
    trace_id = secrets.token_hex(16)
    calls = graph(
        [values("ask", path="/echo"), http("call", target.url("{{ nodes.ask.path }}")), node("end")],
        "ask > call > end",
    )
    run = await weft.run(calls, traceparent=f"00-{trace_id}-{CALLER}-01")
    assert run["status"] == "succeeded"
    trace = await spans.trace(trace_id, is_complete)
    assert not orphans(trace)
    [end] = [span for span in trace if span.attributes.get("status") == "succeeded"]
    assert way_to(trace, end.id) == [
        ("gateway", "POST"),
        ("planner", "planner.decide"),
        ("runner", "executor.run"),
        ("planner", "planner.decide"),
        ("connectors", "executor.run"),
        ("planner", "planner.decide"),
        ("runner", "executor.run"),
        ("planner", "planner.decide"),
        ("gateway", "gateway.changed"),
    ]


async def test_a_second_attempt_after_a_wait_stays_in_the_trace(
    weft: Weft, spans: Spans, target: Server
) -> None:
    trace_id = secrets.token_hex(16)
    retry = {"max_attempts": 2, "initial_s": 0.1, "jitter": 0}
    flaky = graph([http("call", target.url("/flaky/traced?times=1"), retry=retry)])
    run = await weft.run(flaky, traceparent=f"00-{trace_id}-{CALLER}-01")
    assert run["nodes"]["call"]["attempt"] == 2
    trace = await spans.trace(trace_id, is_complete)
    assert not orphans(trace)
    assert [span.service for span in trace].count("connectors") == 2


async def test_runs_that_are_decided_together_keep_their_traces_apart(weft: Weft, spans: Spans) -> None:
    """One `run.changed` tells of a whole batch of runs."""
    traces = [secrets.token_hex(16) for _ in range(10)]
    started = [weft.run(graph([node("only")]), traceparent=f"00-{each}-{CALLER}-01") for each in traces]
    runs = {run["id"] for run in await asyncio.gather(*started)}
    seen: set[str] = set()
    for trace_id in traces:
        trace = await spans.trace(trace_id, is_complete)
        assert is_complete(trace)
        [run_id] = {span.attributes["run_id"] for span in trace if "run_id" in span.attributes}
        seen.add(run_id)
    assert seen == runs
