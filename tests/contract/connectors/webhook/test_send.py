"""`webhook.send`: what the receiver can check."""

from typing import Any

import pytest
from pydantic import ValidationError
from standardwebhooks.webhooks import Webhook

from services.connectors.webhook.credentials import WebhookKey
from services.connectors.webhook.send import send
from tests.contract.connectors.given import answer, failure
from tests.http_server import serving

OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
KEY = WebhookKey(key=NEW, previous=OLD)


async def test_the_receiver_can_verify_it_with_either_key() -> None:
    async with serving() as server:
        output = await answer(send, KEY, url=server.url("/status/202?body=taken"), data={"n": 1.5})
    [seen] = server.seen
    headers: Any = seen["headers"]
    for key in (OLD, NEW):
        assert Webhook(key).verify(str(seen["body"]), headers) == {"n": 1.5}
    assert output == {"id": "run_1:tell", "status": 202, "answer": "taken"}
    assert headers["webhook-id"] == "run_1:tell", "the same in every attempt"


async def test_a_redirect_is_not_followed() -> None:
    async with serving() as server:
        failed = await failure(send, KEY, url=server.url("/redirect?to=/echo"), data={})
    assert (failed.failure.code, server.paths) == ("http_302", ["/redirect"])


async def test_addresses_inside_are_not_told() -> None:
    failed = await failure(send, KEY, url="http://127.0.0.1/x", data={}, inside=False)
    assert failed.failure.code == "blocked_address"


def test_a_key_must_be_one() -> None:
    for wrong in ("secret", "whsec_short", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS\n"):
        with pytest.raises(ValidationError) as refused:
            WebhookKey.model_validate({"key": wrong})
        assert wrong not in str(refused.value)
