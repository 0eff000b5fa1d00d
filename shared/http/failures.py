"""What the library raises, as a failure that says what happened and where."""

import ssl

import aiohttp
from aiohttp.http_exceptions import LineTooLong
from yarl import URL

from shared.http.message import HttpFailed
from shared.http.target import shown

TOO_MANY = "Too many headers received"
"""What the parser says; it has no exception of its own for this."""


def explained(error: Exception, url: URL, timeout_s: float | None) -> HttpFailed:
    """The failure behind an exception. It repeats no query, user or password of the URL."""
    host, where = f"{url.host}:{url.port}", {"url": shown(url)}
    if isinstance(error, TimeoutError):
        return HttpFailed("timeout", f"{host} did not answer in full within {timeout_s:g} s", **where)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return HttpFailed("tls_error", f"{host}: no safe connection: {_tls_reason(error)}", **where)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return HttpFailed(
            "unavailable", f"the name {url.host!r} could not be resolved; is it spelled right?", **where
        )
    if _is_header_overflow(error):
        return HttpFailed("too_large", f"{host} answered with too many or too long headers", **where)
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL) or _is_bad_encoding(error):
        return HttpFailed("bad_response", f"{host} answered with something that is not valid HTTP", **where)
    if isinstance(error, aiohttp.ClientConnectorError):
        reason = error.os_error.strerror or "no connection"
        return HttpFailed("unavailable", f"{host} could not be reached: {reason}", **where)
    return HttpFailed(
        "unavailable", f"{host}: the connection broke off before the answer was complete", **where
    )


def _tls_reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        cause = error.certificate_error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({cause.verify_message})"
    reason = getattr(cause, "reason", None) or "the handshake failed"
    return str(reason).replace("_", " ").lower()


def _is_header_overflow(error: Exception) -> bool:
    cause: BaseException | None = error
    while cause and not isinstance(cause, LineTooLong) and TOO_MANY not in str(cause):
        cause = cause.__cause__
    return cause is not None


def _is_bad_encoding(error: Exception) -> bool:
    return isinstance(error, aiohttp.ClientPayloadError) and "encoding" in f"{error} {error.__cause__}"
