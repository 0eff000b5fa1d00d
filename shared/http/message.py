"""What is sent, what comes back, what goes wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

MAX_REDIRECTS = 10
MAX_BYTES = 10_000_000
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32_768
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
FRAMING = frozenset(
    {"connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer",
     "transfer-encoding", "upgrade"}
)  # fmt: skip
"""Headers that say where a message ends; a second opinion on that is how requests are smuggled."""

Code = Literal[
    "blocked_address", "bad_url", "bad_request", "bad_response", "timeout", "unavailable", "too_large",
    "too_many_redirects", "tls_error",
]  # fmt: skip


class HttpFailed(Exception):
    """No usable answer came back. `code` is stable; `message` names no query, user or password."""

    def __init__(self, code: Code, message: str, **details: str | int | float | bool | None) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.details = details


@dataclass(frozen=True)
class HttpRequest:
    """One request. `query` is added to what the URL has already. `timeout_s` covers everything up to the last
    byte, redirects included (None: no limit); `max_bytes` caps the body after decompression.

    `private_headers` names headers that, like Authorization, do not follow a redirect to another origin."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    timeout_s: float | None = 60
    follow_redirects: bool = True
    max_bytes: int = MAX_BYTES
    private_headers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class HttpResponse:
    """An answer, whatever its status. Header names are in lower case; repeated ones are joined with `, `
    (`set-cookie` with a newline). `url` is where the answer came from."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def check_request(request: HttpRequest) -> None:
    """Raises HttpFailed `bad_request` when the method or a header could not be sent as it is written."""
    if not TOKEN.fullmatch(request.method) or request.method.upper() == "CONNECT":
        raise HttpFailed("bad_request", f"{request.method[:40]!r} is not a method that can be sent")
    if len(request.headers) > MAX_HEADERS:
        raise HttpFailed(
            "bad_request", f"{len(request.headers)} headers are more than the {MAX_HEADERS} allowed"
        )
    size = 0
    for name, value in request.headers.items():
        size += len(name) + len(value)
        fault = _header_fault(name, value)
        if fault:
            raise HttpFailed("bad_request", f"header {name[:80]!r} {fault}")
    if size > MAX_HEADER_BYTES:
        raise HttpFailed("bad_request", f"the headers have {size} characters; {MAX_HEADER_BYTES} are allowed")


def _header_fault(name: str, value: str) -> str | None:
    if not TOKEN.fullmatch(name):
        return "is not a valid header name"
    if name.lower() in FRAMING:
        return "is set by the client itself; leave it out"
    if CONTROL.search(value):
        return "has a line break or another control character in its value"
    if not value.isascii() and not value.isprintable():
        return "has characters in its value that cannot be sent"
    return None
