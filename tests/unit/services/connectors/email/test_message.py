"""Mails: what people write stays text, and never becomes a header or markup."""

from email import message_from_bytes
from email.policy import default

import pytest

from services.connectors.email.message import Mail, composed


def mail(**changes: object) -> Mail:
    return Mail(**{"id": "dlv_1", "sender": "Weft <weft@example.com>", "to": ["ada@example.com"],
                   "subject": "Hi", "text": "Hello", **changes})  # type: ignore[arg-type]  # fmt: skip


def arrived(of: Mail):
    """The mail as its reader's program parses it."""
    return message_from_bytes(composed(of).as_bytes(), policy=default)


def test_a_mail_arrives_as_it_was_written() -> None:
    found = arrived(mail(subject="Żółć: 日本語", text="Zażółć\n", html="<p>Zażółć</p>"))
    assert (found["Subject"], found["From"], found["To"]) == (
        "Żółć: 日本語",
        "Weft <weft@example.com>",
        "ada@example.com",
    )
    assert found["Message-ID"] == "<dlv_1@example.com>"
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == "Zażółć"
    assert html.get_content().strip() == "<p>Zażółć</p>"


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: eve@example.com", "a\nX: 1\n\nbody", "a\u2028Bcc: eve@x", "a\x00b", "a" * 5000]
)
def test_a_subject_cannot_become_a_header(subject: str) -> None:
    found = arrived(mail(subject=subject))
    assert set(found.keys()) == set(arrived(mail()).keys())
    assert found["Bcc"] is None
    assert len(found["Subject"]) <= 300
    assert found.get_content().strip() == "Hello"


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "a@b\r\nBcc: eve@example.com", "ada@example.com, eve@example.com", "a b@example.com",
     "ada@example.com\x00", "<ada@example.com", "ada@exa mple.com", "@example.com", '"a\nb"@example.com'],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    for of in (mail(to=[address]), mail(sender=address), mail(cc=[address])):
        with pytest.raises(ValueError, match=r"address"):
            composed(of)


def test_a_text_that_cannot_be_encoded_arrives_nearly_whole() -> None:
    assert "a?b" in arrived(mail(text="a\ud800b")).get_content()
