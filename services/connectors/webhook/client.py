"""Posts JSON and takes any 2xx for an answer."""

from typing import Any

from services.connectors.http.answer import status_failed
from shared.http import HttpClient, HttpFailed, HttpRequest
from shared.nodes import NodeFailed

TIMEOUT_S = 20.0
MOST_ANSWER_BYTES = 1_000_000


async def post_json(
    http: HttpClient, url: str, body: bytes, headers: dict[str, str], *, shown: bool = True
) -> tuple[int, str]:
    """Status and beginning of the answer; raises NodeFailed. Redirects are not followed: who signs for one
    address does not mean another. Unless the URL may be `shown`, no failure repeats its path."""
    request = HttpRequest(
        "POST", url, headers={"Content-Type": "application/json", **headers}, body=body,
        timeout_s=TIMEOUT_S, follow_redirects=False, max_bytes=MOST_ANSWER_BYTES,
    )  # fmt: skip
    try:
        response = await http.send(request)
    except HttpFailed as failed:
        details: dict[str, Any] = failed.details if shown else {}
        message = failed.message if shown or failed.code != "bad_url" else "the URL cannot be called"
        raise NodeFailed(failed.code, message, **details) from None
    if not 200 <= response.status < 300:
        raise status_failed(response)
    return response.status, response.body[:2_000].decode("utf-8", "replace")
