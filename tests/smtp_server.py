"""A real mail server for tests: `async with mail_server() as server: ... server.mails`."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 OK"


@dataclass
class MailBox:
    """Where it listens, and the mails it has taken. `answers` are what it says to the next mails instead of
    taking them; `logins` is who has signed in, with what password, and whether over TLS."""

    host: str = "127.0.0.1"
    port: int = 0
    password: str = "open sesame"
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes all addresses but those of nobody."""
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Takes a mail."""
        if self.answers:
            return self.answers.pop(0)
        found = message_from_bytes(cast("bytes", envelope.content), policy=default)
        self.mails.append(cast("EmailMessage", found))
        self.recipients.append(list(envelope.rcpt_tos))
        self.arrived.set()
        return OK

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _kind: str, data: Any) -> AuthResult:
        """Anybody who knows the password."""
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password.decode() == self.password, handled=False)

    def url(self, user: str = "") -> str:
        """As `WEFT_SMTP_URL` has it."""
        return f"smtp://{user}{self.host}:{self.port}?tls=none"


@asynccontextmanager
async def mail_server(
    password: str = "open sesame",
    /,
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
) -> AsyncIterator[MailBox]:
    """A server on a free port, stopped at the end."""
    box = MailBox(password=password)

    def serve() -> SMTP:
        return SMTP(
            box,
            tls_context=starttls,
            authenticator=box.authenticate,
            auth_require_tls=False,
            enable_SMTPUTF8=True,
        )

    server = await asyncio.get_running_loop().create_server(serve, box.host, 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
