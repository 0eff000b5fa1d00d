"""From what came over the wire to an output or a failure."""

import base64
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Literal

from shared.contracts.value import from_json
from shared.http import HttpResponse
from shared.nodes import NodeFailed

Parse = Literal["auto", "json", "text", "bytes"]
EXCERPT_CHARS = 2000
TEXT_TYPES = frozenset({"application/xml", "application/javascript", "application/x-www-form-urlencoded",
                        "application/yaml", "application/x-ndjson", "application/graphql"})  # fmt: skip


def body_of(response: HttpResponse, parse: Parse) -> Any:
    """The body as a value: JSON, text, or base64 for bytes; an empty JSON body is null.

    Raises NodeFailed `bad_json` when JSON was asked for and something else came."""
    if parse == "bytes":
        return base64.b64encode(response.body).decode()
    if parse == "text":
        return text_of_body(response)
    kind, _ = _content_type(response)
    if parse == "json" or kind == "application/json" or kind.endswith("+json"):
        return _json(response, strict=parse == "json")
    if kind.startswith("text/") or kind in TEXT_TYPES or kind.endswith("+xml"):
        return text_of_body(response)
    return _text_or_base64(response.body)


def text_of_body(response: HttpResponse) -> str:
    """The body as text in the charset it claims, or else UTF-8; unreadable bytes become replacement marks."""
    _, charset = _content_type(response)
    if charset and charset.lower() not in ("utf-8", "utf8"):
        try:
            # Some codecs let lone surrogates through, which JSON cannot carry.
            return response.body.decode(charset, "replace").encode("utf-8", "replace").decode()
        except (LookupError, ValueError):
            pass
    return response.body.decode("utf-8-sig", "replace")


def status_failed(response: HttpResponse) -> NodeFailed:
    """The failure for a status other than 2xx: `rate_limited`, `unavailable` or `http_<status>`."""
    status = response.status
    code = "rate_limited" if status == 429 else "unavailable" if status >= 500 else f"http_{status}"
    excerpt = text_of_body(response)[:EXCERPT_CHARS]
    details: dict[str, str | int | float] = {"status": status, "body": excerpt}
    if (seconds := retry_after(response.headers.get("retry-after", ""))) is not None:
        details["retry_after_s"] = seconds
    if location := response.headers.get("location"):
        details["location"] = location
    return NodeFailed(code, f"the server answered with {status} {_phrase(status)}".rstrip(), **details)


def retry_after(value: str) -> float | None:
    """Seconds from now, from a number of seconds or an HTTP date; None when it is neither."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        moment = parsedate_to_datetime(value)
        return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _json(response: HttpResponse, *, strict: bool) -> Any:
    if not response.body.strip():
        return None
    text = text_of_body(response)
    try:
        return from_json(text)
    except ValueError as error:
        if not strict:
            return text
        raise NodeFailed(
            "bad_json", f"the server did not answer with JSON ({error}); it began: {text[:200]!r}",
            status=response.status, body=text[:EXCERPT_CHARS],
        ) from None  # fmt: skip


def _text_or_base64(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig") if b"\x00" not in body else base64.b64encode(body).decode()
    except UnicodeDecodeError:
        return base64.b64encode(body).decode()


def _content_type(response: HttpResponse) -> tuple[str, str | None]:
    """Media type in lower case, and charset."""
    header = Message()
    header["Content-Type"] = response.headers.get("content-type", "application/octet-stream")
    charset = header.get_content_charset()
    return header.get_content_type(), charset


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
