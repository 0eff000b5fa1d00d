"""Handing in mails: to the address that was checked, over TLS that is verified, and what servers say."""

import shutil
import ssl
import subprocess
from functools import partial
from pathlib import Path

import pytest

from services.connectors.email.message import Mail, composed
from services.connectors.email.smtp import Mailer, MailFailed, MailServer, Tls, server_of
from shared.http.address import AllowList
from tests.smtp_server import MailBox, mail_server

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl command")
OPEN = AllowList.parse(["127.0.0.1"])
MAIL = composed(Mail("dlv_1", "weft@example.com", ["ada@example.com"], "Hi", "Hello"))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=weft.test",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


def tls_of(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


def server(box: MailBox, tls: Tls = "none", **more: str) -> MailServer:
    return MailServer(box.host, box.port, tls, **more)


async def refusal(mailer: Mailer, to: MailServer, mail: object = MAIL) -> MailFailed:
    with pytest.raises(MailFailed) as failed:
        await mailer.send(to, mail)  # type: ignore[arg-type]
    return failed.value


@pytest.fixture
def mailer() -> Mailer:
    return Mailer(OPEN)


async def test_a_mail_arrives(mailer: Mailer) -> None:
    async with mail_server() as box:
        await mailer.send(server(box), MAIL)
    assert (box.mails[0]["Subject"], box.recipients, box.logins) == ("Hi", [["ada@example.com"]], [])


@needs_openssl
@pytest.mark.parametrize("kind", ["tls", "starttls"])
async def test_who_signs_in_does_so_over_tls_that_is_verified(
    kind: Tls, certificate: tuple[Path, Path], mailer: Mailer
) -> None:
    trusting = Mailer(OPEN, context=partial(ssl.create_default_context, cafile=str(certificate[0])))
    async with mail_server(**{kind: tls_of(certificate)}) as box:
        to = server(box, kind, user="weft", password="open sesame")
        untrusted = await refusal(mailer, to)
        await trusting.send(to, MAIL)
    assert untrusted.again
    assert box.logins == [("weft", "open sesame")]
    assert len(box.mails) == 1


async def test_without_tls_nothing_is_sent_where_it_was_asked_for(mailer: Mailer) -> None:
    async with mail_server() as box:
        failed = await refusal(mailer, server(box, "starttls", user="weft", password="open sesame"))
    assert (box.mails, box.logins) == ([], [])
    assert "open sesame" not in str(failed)


async def test_a_wrong_password_is_said_without_repeating_it(mailer: Mailer) -> None:
    async with mail_server() as box:
        failed = await refusal(mailer, server(box, user="weft", password="guess"))
    assert (failed.code, failed.again) == ("unauthorized", False)
    assert "'weft'" in str(failed)
    assert "guess" not in str(failed)


@pytest.mark.parametrize(("answer", "again"), [("451 later", True), ("554 spam", False)])
async def test_what_the_server_says_tells_whether_to_try_again(
    answer: str, again: bool, mailer: Mailer
) -> None:
    async with mail_server() as box:
        box.answers.append(answer)
        failed = await refusal(mailer, server(box))
    assert (failed.code, failed.again) == ("refused", again)
    assert answer in str(failed)


async def test_nobody_gets_nothing(mailer: Mailer) -> None:
    async with mail_server() as box:
        mail = composed(Mail("dlv_1", "weft@example.com", ["nobody@example.com"], "Hi", "Hello"))
        failed = await refusal(mailer, server(box), mail)
    assert (failed.code, failed.again) == ("refused", False)
    assert "nobody@example.com" in str(failed)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "::1", "::ffff:127.0.0.1",
                                  "169.254.169.254", "10.0.0.1", "0.0.0.0"])  # fmt: skip
async def test_addresses_inside_are_not_called(host: str) -> None:
    async with mail_server() as box:
        failed = await refusal(Mailer(AllowList()), MailServer(host, box.port, "none"))
        assert (failed.code, failed.again) == ("blocked_address", False)
        await Mailer(AllowList()).send(server(box), MAIL, trusted=True)
    assert len(box.mails) == 1


async def test_a_server_that_is_not_there(mailer: Mailer) -> None:
    async with mail_server() as box:
        pass
    failed = await refusal(mailer, server(box))
    assert (failed.code, failed.again) == ("unavailable", True)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("smtps://weft:p%40ss@mail.example.com", MailServer("mail.example.com", 465, "tls", "weft", "p@ss")),
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, "starttls")),
        ("smtp://127.0.0.1:25?tls=none", MailServer("127.0.0.1", 25, "none")),
    ],
)
def test_the_installations_own_server(url: str, found: MailServer) -> None:
    assert server_of(url) == found


@pytest.mark.parametrize("url", ["mail.example.com", "http://x", "smtp://"])
def test_what_is_no_mail_server(url: str) -> None:
    with pytest.raises(ValueError, match="smtp"):
        server_of(url)
