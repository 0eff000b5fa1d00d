"""Channels as callers want them: secrets apart and sealed, and never sent where they were not meant to go."""

from typing import Any

import orjson
import pytest
from nacl.public import PrivateKey
from pydantic import ValidationError

from services.connectors.vault import CannotOpen, Vault
from services.gateway.alerting.channels import changed, new_signing_key
from services.gateway.alerting.inputs import NewAlertChannel
from services.gateway.errors import Refused
from shared.storage.alert_channels import AlertChannel, SlackSettings, channel_context

VAULT = Vault([bytes(PrivateKey.generate())])
BLANK = AlertChannel(
    id="chan_1", workspace_id="default", name="x", settings=SlackSettings(kind="slack", host=""), rev=1,
    created_at=0, updated_at=0,
)  # fmt: skip
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EMAIL = {
    "kind": "email", "host": "mail.example.com", "user": "weft", "sender": "weft@example.com",
    "to": ["ada@example.com"],
}  # fmt: skip


def wanted(**settings: Any) -> NewAlertChannel:
    return NewAlertChannel.model_validate({"name": "On call", "settings": settings})


def put(before: AlertChannel, made: str | None = None, **settings: Any) -> AlertChannel:
    return changed(before, wanted(**settings), VAULT.sealing, made)


def opened(channel: AlertChannel) -> Any:
    return orjson.loads(VAULT.open(channel.sealed, channel_context(channel)))


@pytest.mark.parametrize(
    ("settings", "secrets", "hidden"),
    [
        ({**EMAIL, "password": "pa55word"}, {"password": "pa55word"}, "pa55word"),
        ({"kind": "slack", "url": "https://hooks.slack.com/services/T0/S3CRET"},
         {"url": "https://hooks.slack.com/services/T0/S3CRET"}, "S3CRET"),
        ({"kind": "webhook", "url": "https://x.example", "secrets": [KEY]},
         {"secrets": [KEY]}, "MfKQ"),
    ],
)  # fmt: skip
def test_secrets_are_sealed_for_their_channel(settings: Any, secrets: Any, hidden: str) -> None:
    made = put(BLANK, **settings)
    assert hidden not in made.model_dump_json()
    assert opened(made) == secrets
    with pytest.raises(CannotOpen):
        opened(made.model_copy(update={"id": "chan_2"}))


def test_a_webhook_without_a_key_is_given_one() -> None:
    key = new_signing_key()
    assert opened(put(BLANK, key, kind="webhook", url="https://x.example")) == {"secrets": [key]}
    assert key != new_signing_key()
    wanted(kind="webhook", url="https://x.example:65535", secrets=[key])


def test_a_key_without_its_padding_is_kept_with_it() -> None:
    bare = "whsec_" + "QUJD" * 8 + "QQ"
    made = put(BLANK, kind="webhook", url="https://x.example", secrets=[bare])
    assert opened(made) == {"secrets": [f"{bare}=="]}


def test_secrets_stay_when_they_are_left_out() -> None:
    mail = put(BLANK, **EMAIL, password="pa55word")
    assert opened(put(mail, **{**EMAIL, "to": ["eve@example.com"]})) == {"password": "pa55word"}
    slack = put(BLANK, kind="slack", url="https://hooks.slack.com/services/T0/S3CRET")
    same = put(slack, kind="slack")
    assert (same.settings, same.sealed) == (slack.settings, slack.sealed)


@pytest.mark.parametrize("elsewhere", [{"host": "evil.example"}, {"port": 2525}, {"tls": "none"}])
def test_a_password_is_not_sent_to_another_server(elsewhere: Any) -> None:
    mail = put(BLANK, **EMAIL, password="pa55word")
    with pytest.raises(Refused) as refused:
        put(mail, **{**EMAIL, **elsewhere})
    assert refused.value.code == "secret_needed"


def test_a_secret_of_another_kind_of_channel_does_not_serve() -> None:
    mail = put(BLANK, **EMAIL, password="pa55word")
    for settings in ({"kind": "slack"}, {"kind": "webhook", "url": "https://x.example"}):
        with pytest.raises(Refused):
            put(mail, **settings)
    assert put(mail, **{**EMAIL, "user": ""}).sealed == ""


@pytest.mark.parametrize(
    "wrong",
    [{**EMAIL, "to": []}, {**EMAIL, "to": ["a\r\nb"]}, {**EMAIL, "host": "a b"}, {**EMAIL, "port": "25"},
     {**EMAIL, "sender": "x"}, {"kind": "slack", "url": "ftp://x"}, {"kind": "webhook", "url": "https://u:p@x"},
     {"kind": "webhook", "url": "https://x", "secrets": ["short"]}, {"kind": "webhook", "url": "https://x/\n"},
     {"kind": "webhook", "url": "https://x", "sealed": "x"}, {"kind": "webhook", "url": "http://["},
     {"kind": "webhook", "url": "https://x:65536/"}, {"kind": "webhook", "url": "https://x:0/"}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        wanted(**wrong)
