"""The four signals for whoever is on call."""

import asyncio

from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.client import Weft, graph, http, node
from tests.http_server import Server
from tests.waiting import LOOK_EVERY_S


async def samples(weft: Weft, service: str) -> dict[tuple[str, ...], float]:
    """Values by name and labels: `("weft_runs_total", "succeeded")`."""
    return {
        (sample.name, *(value for key, value in sorted(sample.labels.items()) if key != "le")): sample.value
        for family in text_string_to_metric_families(await weft.metrics(service))
        for sample in family.samples
    }


async def test_every_service_on_a_runs_way_tells_the_signals(weft: Weft) -> None:
    names = ("weft_runs_total", "weft_node_seconds", "weft_queue_wait_seconds", "weft_outbox_age_seconds")
    for service in ("gateway", "planner", "runner", "connectors"):
        told = await weft.metrics(service)
        assert [name for name in names if f"# HELP {name} " not in told] == [], service


async def test_the_signals_follow_what_happens(weft: Weft, target: Server) -> None:
    before = {service: await samples(weft, service) for service in ("planner", "runner", "connectors")}

    async def more(service: str, *key: str) -> float:
        return (await samples(weft, service))[key] - before[service].get(key, 0)

    for _ in range(3):
        await weft.run(graph([node("a"), http("call", target.url("/echo"))], "a > call"))
    await weft.run(graph([node("bad", "fail", {"message": "no"})]))
    assert await more("planner", "weft_runs_total", "succeeded") == 3
    assert await more("planner", "weft_runs_total", "failed") == 1
    assert await more("planner", "weft_runs_total", "running") == 4
    assert await more("runner", "weft_node_seconds_count", "succeeded", "noop") == 3
    assert await more("runner", "weft_node_seconds_count", "failed", "fail") == 1
    assert await more("connectors", "weft_node_seconds_count", "succeeded", "http.request") == 3
    assert 0 < await more("connectors", "weft_node_seconds_sum", "succeeded", "http.request") < 60
    assert await more("runner", "weft_queue_wait_seconds_count", "normal", "core") == 4
    assert 0 <= await more("connectors", "weft_queue_wait_seconds_sum", "normal", "http") < 60
    async with asyncio.timeout(60):
        while (await samples(weft, "planner"))[("weft_outbox_age_seconds",)]:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY_S)  # the caller has heard of the end before all is recorded
