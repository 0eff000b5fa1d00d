"""Signatures are those of Standard Webhooks, as its own library checks them."""

import time
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.connectors.webhook.signing import signed_headers

OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def test_it_is_the_signature_of_the_specification() -> None:
    at_s = 1_614_265_330
    headers = signed_headers([OLD], "msg_p5jXN8AQM9LWM0D4loKWxJek", at_s, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == str(at_s)


def test_while_keys_are_changed_both_verify() -> None:
    body = b'{"type":"weft.alert"}'
    headers = signed_headers([NEW, OLD], "dlv_1", int(time.time()), body)
    for key in (OLD, NEW):
        assert Webhook(key).verify(body, headers) == {"type": "weft.alert"}
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(b'{"type":"weft.other"}', headers)


def test_it_is_signed_for_a_time() -> None:
    old = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(b"{}", signed_headers([OLD], "dlv_1", old, b"{}"))


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        signed_headers(["whsec_!"], "dlv_1", 1, b"{}")
