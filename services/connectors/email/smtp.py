"""Hands mails to a mail server: only to addresses that may be called, over TLS that is verified."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiosmtplib

from shared.http.address import AllowList, literal
from shared.http.client import tls_context

TIMEOUT_S = 20.0
Tls = Literal["tls", "starttls", "none"]
PORTS: dict[str, int] = {"tls": 465, "starttls": 587, "none": 25}


class MailFailed(Exception):
    """The mail was not taken. `again` says whether that may be otherwise later."""

    def __init__(self, code: str, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.code = code
        self.again = again


@dataclass(frozen=True)
class MailServer:
    """Where to hand mails in, and as whom."""

    host: str
    port: int
    tls: Tls = "starttls"
    user: str = ""
    password: str = ""


def server_of(url: str) -> MailServer:
    """From `smtps://user:password@host:465`, or `smtp://…` with STARTTLS, which `?tls=none` leaves out;
    raises ValueError."""
    parts = urlsplit(url)
    plain = {"smtp": "none" if parts.query == "tls=none" else "starttls", "smtps": "tls"}
    tls = plain.get(parts.scheme)
    if not parts.hostname or (tls != "tls" and tls != "starttls" and tls != "none"):
        raise ValueError("the mail server's URL must be smtp://host or smtps://host")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(parts.hostname, parts.port or PORTS[tls], tls, user, password)


class Mailer:
    """Sends mails. `allow` opens servers that are not public."""

    def __init__(self, allow: AllowList, *, context: Callable[[], ssl.SSLContext] = tls_context) -> None:
        self._allow = allow
        self._context = context

    async def send(self, server: MailServer, message: EmailMessage, *, trusted: bool = False) -> None:
        """Return when the server has taken it for all; raises MailFailed. A `trusted` server may have any
        address: whoever runs this installation has named it."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._send(server, message, trusted)
        except TimeoutError:
            said = f"{server.host} did not take the mail within {TIMEOUT_S:g} s"
            raise MailFailed("timeout", said, again=True) from None
        except aiosmtplib.SMTPException as error:
            raise _explained(error, server) from None
        except ssl.SSLError as error:
            said = f"{server.host}: no safe connection: {error.reason or error}"
            raise MailFailed("tls_error", said, again=True) from None
        except OSError as error:
            said = f"{server.host} port {server.port} cannot be reached: {error.strerror or error}"
            raise MailFailed("unavailable", said, again=True) from None

    async def _send(self, server: MailServer, message: EmailMessage, trusted: bool) -> None:
        connection = await self._connected(server, trusted)
        try:
            client = aiosmtplib.SMTP(
                hostname=server.host,
                sock=connection,
                use_tls=server.tls == "tls",
                start_tls=server.tls == "starttls",
                username=server.user or None,
                password=server.password if server.user else None,
                tls_context=self._context() if server.tls != "none" else None,
                local_hostname="weft",
                timeout=TIMEOUT_S,
            )
            async with client:
                refused, _ = await client.send_message(message)
        finally:
            connection.close()
        if refused:
            raise MailFailed("refused", f"{server.host} refused {', '.join(refused)}", again=False)

    async def _connected(self, server: MailServer, trusted: bool) -> socket.socket:
        """A connection to an address that was checked: it is resolved once."""
        loop, reason = asyncio.get_running_loop(), OSError("it has no address")
        try:
            host = str(literal(server.host) or server.host)
            found = await loop.getaddrinfo(host, server.port, type=socket.SOCK_STREAM)
        except (ValueError, OSError):
            said = f"the name {server.host!r} could not be resolved; is it spelled right?"
            raise MailFailed("unavailable", said, again=True) from None
        open_name = trusted or self._allow.opens_name(server.host, server.port)
        permitted = [
            each for each in found if open_name or self._allow.permits(ip_address(each[4][0]), server.port)
        ]
        if found and not permitted:
            said = (
                f"{server.host} port {server.port} is not a public address, so no mail is handed in there; "
                "whoever runs this installation can open it in the allow-list"
            )
            raise MailFailed("blocked_address", said, again=False)
        for family, kind, protocol, _, address in permitted:
            connection = socket.socket(family, kind, protocol)
            connection.setblocking(False)
            try:
                await loop.sock_connect(connection, address)
                return connection
            except OSError as error:
                connection.close()
                reason = error
            except BaseException:
                connection.close()
                raise
        raise reason


def _explained(error: aiosmtplib.SMTPException, server: MailServer) -> MailFailed:
    """What the server, or the library, has said; never the password."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            refused = error.recipients
            said = ", ".join(f"{each.recipient} ({each.code} {each.message})" for each in refused)[:500]
            again = any(400 <= each.code < 500 for each in refused)
            return MailFailed("refused", f"{server.host} refused {said}", again=again)
        case aiosmtplib.SMTPAuthenticationError():
            said = f"{server.host} does not take user {server.user!r} with this password ({error.code})"
            return MailFailed("unauthorized", said, again=400 <= error.code < 500)
        case aiosmtplib.SMTPResponseException():
            said = f"{server.host} answered {error.code} {error.message}"[:500]
            return MailFailed("refused", said, again=not 500 <= error.code < 600)
        case _:
            code = "timeout" if isinstance(error, aiosmtplib.SMTPTimeoutError) else "unavailable"
            return MailFailed(code, f"{server.host}: {error}"[:500], again=True)
