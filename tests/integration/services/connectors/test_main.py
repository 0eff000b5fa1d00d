"""The connectors on a real broker and store: a call is claimed, made once, stored and told."""

from collections.abc import Awaitable, Callable

import pytest

from services.connectors import __main__ as main
from services.connectors.settings import ConnectorsSettings
from shared.contracts.events import NodeFinished, NodeReady, NodeTask
from shared.contracts.value import from_json, to_json
from shared.ids import now_ms
from shared.messaging.topology import ready_key
from shared.storage.executors import Executors
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from tests.http_server import serving
from tests.integration.services.frame import Peer, as_planner, working
from tests.waiting import until

Drop = Callable[..., Awaitable[None]]


def post(url: str, run_id: str = "run_1", cache_ttl_s: float | None = None) -> NodeReady:
    config = to_json({"method": "POST", "url": url, "json": {"n": 1}})
    call = NodeTask(
        node="call",
        type="http.request",
        attempt=1,
        config=config,
        timeout_s=10,
        cache_ttl_s=cache_ttl_s,
    )
    return NodeReady(
        run_id=run_id,
        workspace_id="default",
        pool="http",
        side_effects="once",
        nodes=[call],
        sent_at=now_ms(),
    )


async def answer(peer: Peer) -> NodeFinished:
    found = await peer.until(lambda each: isinstance(each, NodeFinished))
    assert isinstance(found, NodeFinished)
    return found


@pytest.fixture(autouse=True)
def loopback_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "SETTINGS", ConnectorsSettings(http_allow="127.0.0.1"))


async def test_a_call_is_made_once_however_often_it_is_asked_for(
    amqp_url: str, store_url: str, store: Store, drop_queues: Drop
) -> None:
    async with (
        serving() as server,
        working("connectors", main.compose, amqp_url, store_url) as service,
        as_planner(amqp_url) as planner,
    ):
        ready = post(server.url("/echo"))
        await planner.bus.publish(ready, ready_key("http", "normal"))
        first = await answer(planner)
        await planner.bus.publish(ready, ready_key("http", "normal"))
        again = await answer(planner)
        stored = (await NodeRuns(store).load(["run_1:call:1"]))["run_1:call:1"]
    assert server.paths == ["/echo"]
    assert first == again
    assert (first.stored, first.results[0].status) == (True, "succeeded")
    assert (stored.executor, stored.open, stored.results) == (service.id, False, first.results)
    assert first.results[0].output
    sent = from_json(first.results[0].output.json_text or "")["body"]
    assert sent["headers"]["idempotency-key"] == "run_1:call"


async def test_a_remembered_answer_takes_no_call(
    amqp_url: str, store_url: str, store: Store, drop_queues: Drop
) -> None:
    async with (
        serving() as server,
        working("connectors", main.compose, amqp_url, store_url),
        as_planner(amqp_url) as planner,
    ):
        answers: list[NodeFinished] = []
        for run_id in ("run_1", "run_2"):
            ready = post(server.url("/echo"), run_id, cache_ttl_s=600)
            await planner.bus.publish(ready, ready_key("http", "normal"))
            answers.append(await answer(planner))
    assert server.paths == ["/echo"]
    first, again = (each.results[0] for each in answers)
    assert (answers[1].run_id, first.cached, again.cached) == ("run_2", False, True)
    assert again.output == first.output
    assert (again.usage.tokens, again.usage.cost_usd) == (0, 0)


async def test_its_lease_lasts_as_long_as_the_call_under_way(
    amqp_url: str, store_url: str, store: Store, drop_queues: Drop
) -> None:
    async with serving() as server, as_planner(amqp_url) as planner:
        async with working("connectors", main.compose, amqp_url, store_url) as service:
            await planner.bus.publish(post(server.url("/gate/lease")), ready_key("http", "normal"))
            await until(lambda: server.paths == ["/gate/lease"])
            [claim] = await NodeRuns(store).open_claims(service.id, 10)
            assert (claim.id, claim.results) == ("run_1:call:1", [])
            assert set(await Executors(store).all()) == {service.id}
            server.open("lease")
        assert (await answer(planner)).results[0].status == "succeeded"
    assert await NodeRuns(store).open_claims(service.id, 10) == []
    assert await Executors(store).all() == {}


async def test_what_is_not_allowed_is_not_called(
    amqp_url: str, store_url: str, drop_queues: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "SETTINGS", ConnectorsSettings())
    async with (
        serving() as server,
        working("connectors", main.compose, amqp_url, store_url),
        as_planner(amqp_url) as planner,
    ):
        await planner.bus.publish(post(server.url("/echo")), ready_key("http", "normal"))
        failure = (await answer(planner)).results[0].failure
    assert failure
    assert failure.code == "blocked_address"
    assert server.paths == []
