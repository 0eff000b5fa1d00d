"""A message becomes a letter, and the letter the same message."""

from datetime import UTC, datetime
from typing import Any

import aio_pika
import orjson
import pytest

from services.gateway.dead.letters import REPLAYS, letter_of, message_of
from tests.builders import NOW

DIED = datetime.fromtimestamp(NOW / 1000, UTC)
DEATH = {
    "count": 1, "reason": "rejected", "queue": "planner.v1.03", "exchange": "weft", "time": DIED,
    "routing-keys": ["run.woken.03"],
}  # fmt: skip


class Message(aio_pika.Message):
    """A message as it arrives."""

    routing_key = "dead.v1"


def arrived(body: bytes = b"{}", /, **headers: Any) -> Any:
    return Message(body, type="run.woken", headers=headers)


def test_the_last_death_tells_where_it_goes_again() -> None:
    first = {**DEATH, "queue": "exec.v1.core.normal", "routing-keys": ["node.ready.core.normal"]}
    letter, body = letter_of(arrived(**{"x-death": [DEATH, first]}), NOW + 5)
    assert (letter.queue, letter.exchange, letter.routing_key) == ("planner.v1.03", "weft", "run.woken.03")
    assert (letter.died_at, letter.received_at, body) == (NOW, NOW + 5, b"{}")


def test_a_letter_received_twice_is_the_same_and_one_replayed_another() -> None:
    letter, body = letter_of(arrived(**{"x-death": [DEATH]}), NOW)
    again, _ = letter_of(arrived(**{"x-death": [DEATH], "x-delivery-count": 1}), NOW + 9)
    assert again.id == letter.id
    replayed = message_of(letter, body)
    died, _ = letter_of(arrived(**{**replayed.headers, "x-death": [DEATH]}), NOW)
    assert died.id != letter.id
    assert message_of(died, body).headers[REPLAYS] == 2


def test_headers_of_the_broker_are_left_out_and_others_kept() -> None:
    given = {"traceparent": "00-ab", "n": 3, "x-death": [DEATH], "x-first-death-queue": "q", "t": DIED}
    letter, body = letter_of(arrived(**given), NOW)
    assert orjson.loads(letter.headers)["x-death"][0]["reason"] == "rejected"
    message = message_of(letter, body)
    assert {key: message.headers[key] for key in ("traceparent", "n", REPLAYS)} == {
        "traceparent": "00-ab", "n": 3, REPLAYS: 1,
    }  # fmt: skip
    assert not [key for key in message.headers if key.startswith(("x-death", "x-first"))]
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


@pytest.mark.parametrize("deaths", [None, [], "x", [7], [{}], [{"routing-keys": []}], [{"time": "noon"}]])
def test_a_message_that_was_put_there_by_hand_is_a_letter_too(deaths: Any) -> None:
    letter, _ = letter_of(arrived(b"\xff", **({} if deaths is None else {"x-death": deaths})), NOW)
    assert (letter.died_at, letter.reason, letter.routing_key) == (None, "", "dead.v1")


def test_a_header_that_is_no_number_does_not_count_as_replays() -> None:
    letter, body = letter_of(arrived(**{REPLAYS: "many", "bytes": b"\xff"}), NOW)
    assert message_of(letter, body).headers[REPLAYS] == 1
