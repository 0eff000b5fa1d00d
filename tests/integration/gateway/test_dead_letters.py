"""Messages that nobody could handle: found, looked at, sent again, dropped."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractQueue

from services.gateway.dead import box, letters
from shared.messaging.topology import EXCHANGE, WORK_QUEUE
from shared.storage.mongo import Store
from tests.integration.gateway.api import Api

QUEUE, KEY = "test.dying", "test.dying.key"
LETTERS = "/api/v1/dead-letters"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "LOOK_EVERY_S", 0.05)


@pytest.fixture
async def channel(amqp_url: str, api: Api) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(amqp_url) as connection:
        yield await connection.channel(publisher_confirms=True, on_return_raises=True)


@pytest.fixture
async def queue(channel: AbstractChannel, gateway_store: Store) -> AsyncIterator[AbstractQueue]:
    """A work queue as any other."""
    queue = await channel.declare_queue(QUEUE, durable=True, arguments=dict(WORK_QUEUE))
    await queue.bind(EXCHANGE, KEY)
    yield queue
    await channel.queue_delete(QUEUE)
    for name in ("dead_letters", "dead_bodies"):
        await gateway_store[name].delete({"_id": {"$gt": ""}})


async def died(channel: AbstractChannel, queue: AbstractQueue, *bodies: bytes, **properties: Any) -> None:
    """Publish these, and reject them as a consumer does that cannot handle them."""
    exchange = await channel.get_exchange(EXCHANGE)
    for body in bodies:
        message = aio_pika.Message(body, **{"type": "run.woken", "delivery_mode": 2, **properties})
        await exchange.publish(message, KEY, mandatory=True)
        await reject(queue)


async def reject(queue: AbstractQueue) -> None:
    message = await taken(queue)
    await message.reject(requeue=False)


async def taken(queue: AbstractQueue) -> aio_pika.abc.AbstractIncomingMessage:
    async with asyncio.timeout(60):
        while (message := await queue.get(fail=False)) is None:  # noqa: ASYNC110 (it is asked, not told)
            await asyncio.sleep(0.02)
    return message


async def listed(api: Api, count: int) -> list[dict[str, Any]]:
    """The letters of the queue, once there are so many."""
    async with asyncio.timeout(60):
        while True:
            items = (await api.get(f"{LETTERS}?queue={QUEUE}")).body["items"]
            if len(items) >= count:
                return items
            await asyncio.sleep(0.02)


async def test_a_dead_letter_tells_what_it_was_and_where_it_died(
    api: Api, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    await died(channel, queue, b'{"run_id": 7}', headers={"traceparent": "00-ab"}, message_id="m")
    [letter] = await listed(api, 1)
    told = {key: letter[key] for key in ("type", "queue", "exchange", "routing_key", "reason", "size", "cut")}
    assert told == {
        "type": "run.woken", "queue": QUEUE, "exchange": EXCHANGE, "routing_key": KEY, "reason": "rejected",
        "size": 13, "cut": False,
    }  # fmt: skip
    assert letter["died_at"].endswith("Z")
    shown = (await api.get(f"{LETTERS}/{letter['id']}")).body
    assert (shown["body"], shown["body_base64"]) == ('{"run_id": 7}', None)
    assert shown["headers"]["traceparent"] == "00-ab"
    assert shown["headers"]["x-death"][0]["queue"] == QUEUE
    assert (await api.get("/metrics")).body.decode().count("\nweft_dead_letters ") == 1


async def test_a_letter_is_sent_again_as_it_was_and_once(
    api: Api, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    await died(channel, queue, b"\xff\x00", headers={"traceparent": "00-ab"}, content_type="application/json")
    [letter] = await listed(api, 1)
    assert (await api.get(f"{LETTERS}/{letter['id']}")).body["body_base64"] == "/wA="
    path = f"{LETTERS}/{letter['id']}/replay"
    answers = await asyncio.gather(*(api.post(path) for _ in range(3)))
    assert sorted(each.status for each in answers)[0] == 200
    assert {each.status for each in answers} <= {200, 404, 409}
    assert [each.status for each in answers].count(200) == 1
    message = await taken(queue)
    assert (message.body, message.type, message.routing_key) == (b"\xff\x00", "run.woken", KEY)
    assert message.headers == {"traceparent": "00-ab", letters.REPLAYS: 1, "x-delivery-count": 0}
    assert message.content_type == "application/json"
    assert await queue.get(fail=False) is None
    (await api.get(f"{LETTERS}/{letter['id']}")).refused(404, "not_found")
    await message.reject(requeue=False)
    [again] = await listed(api, 1)
    assert again["id"] != letter["id"], "it has died once more"
    await api.post(f"{LETTERS}/{again['id']}/replay")
    assert (await taken(queue)).headers[letters.REPLAYS] == 2


async def test_a_letter_that_no_queue_takes_stays(
    api: Api, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    await died(channel, queue, b"{}")
    [letter] = await listed(api, 1)
    await queue.unbind(EXCHANGE, KEY)
    for _ in range(2):
        (await api.post(f"{LETTERS}/{letter['id']}/replay")).refused(409, "unroutable")
    await queue.bind(EXCHANGE, KEY)
    assert (await api.post(f"{LETTERS}/{letter['id']}/replay")).status == 200


async def test_letters_are_listed_a_page_at_a_time_and_dropped_one_by_one(
    api: Api, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    await died(channel, queue, *(b"%d" % number for number in range(5)))
    ids = [each["id"] for each in await listed(api, 5)]
    assert ids == sorted(ids, reverse=True)
    first = (await api.get(f"{LETTERS}?limit=3")).body
    second = (await api.get(f"{LETTERS}?limit=3&cursor={first['next']}")).body
    assert [each["id"] for each in first["items"] + second["items"]] == ids
    assert (first["total"], second["next"]) == (5, None)
    assert (await api.call("DELETE", f"{LETTERS}/{ids[2]}")).status == 204
    (await api.call("DELETE", f"{LETTERS}/{ids[2]}")).refused(404, "not_found")
    assert [each["id"] for each in await listed(api, 4)] == ids[:2] + ids[3:]
    (await api.get(f"{LETTERS}?limit=0")).refused(422, "invalid_request")


async def test_of_a_huge_letter_only_the_beginning_is_kept(
    api: Api, channel: AbstractChannel, queue: AbstractQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "MOST_BYTES", 1000)
    monkeypatch.setattr(letters, "SAMPLE_BYTES", 10)
    await died(channel, queue, b"x" * 1001)
    [letter] = await listed(api, 1)
    assert (letter["size"], letter["cut"]) == (1001, True)
    assert (await api.get(f"{LETTERS}/{letter['id']}")).body["body"] == "x" * 10
    (await api.post(f"{LETTERS}/{letter['id']}/replay")).refused(409, "dead_letter_cut")


async def test_the_largest_letter_is_kept_whole(
    api: Api, channel: AbstractChannel, queue: AbstractQueue
) -> None:
    await died(channel, queue, b"\xfe" * letters.MOST_BYTES)
    [letter] = await listed(api, 1)
    assert (letter["size"], letter["cut"]) == (letters.MOST_BYTES, False)
    assert (await api.post(f"{LETTERS}/{letter['id']}/replay")).status == 200
    message = await taken(queue)
    assert message.body == b"\xfe" * letters.MOST_BYTES
    await message.ack()


async def test_only_a_key_opens_them(api: Api) -> None:
    (await api.get(LETTERS, headers={"Authorization": "Bearer wrong"})).refused(401, "unauthorized")


async def test_while_the_store_is_away_letters_stay_with_the_broker(
    api: Api, channel: AbstractChannel, queue: AbstractQueue, gateway_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(box, "TRY_AGAIN_S", 0.05)
    asked = asyncio.Event()

    async def away() -> None:
        asked.set()
        raise ConnectionError("away")

    with monkeypatch.context() as gone:
        gone.setattr(gateway_store, "ping", away)
        async with asyncio.timeout(60):
            await asked.wait()
        await died(channel, queue, b"{}")
        assert (await api.get(f"{LETTERS}?queue={QUEUE}")).body["total"] == 0
    assert len(await listed(api, 1)) == 1
