"""`email.send`: a mail by the workspace's own mail server."""

from typing import Any

import pytest

from services.connectors.email.credentials import Smtp
from services.connectors.email.send import send
from tests.contract.connectors.given import answer, failure
from tests.smtp_server import MailBox, mail_server

MAIL: Any = {"sender": "Weft <weft@example.com>", "to": ["ada@example.com"], "subject": "Hi", "text": "Hello"}


def signed_in(box: MailBox, password: str = "open sesame") -> Smtp:
    return Smtp(host=box.host, port=box.port, tls="none", user="weft", password=password)


async def test_a_mail_is_sent_to_all() -> None:
    async with mail_server() as box:
        output = await answer(send, signed_in(box), **{**MAIL, "cc": ["bob@example.com"], "html": "<p>Hello"})
    assert output == {
        "message_id": "<run_1-tell@example.com>",
        "to": ["ada@example.com", "bob@example.com"],
    }
    assert (box.recipients, box.mails[0]["Message-ID"]) == ([output["to"]], output["message_id"])
    assert box.logins == [("weft", "open sesame")]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"to": ["x\r\nBcc: eve@example.com"]}, "bad_config"), ({"to": ["nobody@example.com"]}, "refused"),
     ({"inside": False}, "blocked_address")],
)  # fmt: skip
async def test_what_cannot_be_sent_says_why(change: dict[str, Any], code: str) -> None:
    async with mail_server() as box:
        failed = await failure(send, signed_in(box), **{**MAIL, **change})
    assert (failed.failure.code, box.mails) == (code, [])


async def test_trouble_that_may_pass_can_be_retried() -> None:
    async with mail_server() as box:
        box.answers.append("451 later")
        failed = await failure(send, signed_in(box), **MAIL)
    assert failed.failure.retryable


async def test_without_a_credential_nothing_is_sent() -> None:
    assert (await failure(send, None, **MAIL)).failure.code == "missing_credential"
