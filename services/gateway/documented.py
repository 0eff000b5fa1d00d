"""Helpers for what the OpenAPI document says of a route: its body, its answers, its problems."""

from typing import Any

from pydantic import BaseModel

from services.gateway.resources import Problem

Responses = dict[int | str, dict[str, Any]]

_TOLD = {
    400: "The body is not JSON, or a header is not what it should be",
    401: "No API key, or a wrong one",
    403: "Others have to do this, or the plan does not allow it",
    404: "There is no such thing in this workspace",
    405: "Another method is wanted",
    408: "The body took too long to arrive",
    409: "It is not in a state for this",
    413: "The body is too large",
    415: "The body is encoded in a way that is not read",
    422: "The request or its graph does not fit; `errors` lists every fault",
    429: "Too many requests; try again after `Retry-After` seconds",
    501: "This installation was started without what it needs for that",
    502: "What was started has failed",
    503: "Store or broker cannot be reached; try again after `Retry-After` seconds",
    504: "Whoever was asked has not answered in time",
    507: "The store's disk is full; what it holds can still be read",
}

ANYWHERE = (400, 401, 403, 404, 422)
LATER = (429, 503, 507)
RETRY_AFTER = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer", "minimum": 1}}}


def answers(*problems: int, **found: tuple[type[BaseModel], str]) -> Responses:
    """`responses` of a route: problems by status, and answers such as `_200=(Model, "description")`."""
    responses: Responses = {
        int(status[1:]): {"model": model, "description": told} for status, (model, told) in found.items()
    }
    late = (408,) if 413 in problems else ()
    for status in (*problems, *late, *ANYWHERE, *LATER):
        responses[status] = {
            "description": _TOLD[status],
            "content": {"application/problem+json": {"schema": _ref(Problem)}},
        }
        if status in LATER:
            responses[status]["headers"] = RETRY_AFTER
    return responses


def asked(model: type[BaseModel]) -> dict[str, tuple[type[BaseModel], str]]:
    """The answers of a route that asks for a control, for `answers`."""
    return {"_200": (model, "Done, or so before"), "_202": (model, "Asked for; it shows a moment later")}


def takes(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """`openapi_extra` of a route that reads a body. The route reads it itself: see `reading.py`."""
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": _ref(model)}}}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


OPEN: dict[str, Any] = {"security": []}
"""`openapi_extra` of a route that asks for neither key nor token."""
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request starts one run, however often it is sent",
    "schema": {"type": "string", "pattern": "^[ -~]{1,200}$"},
}
CONTROL_KEY = {
    **IDEMPOTENCY_KEY,
    "description": "The same key with the same request has its effect once, however often it is sent",
}
KEYED: dict[str, Any] = {"parameters": [CONTROL_KEY]}
"""`openapi_extra` of a route that asks for a control."""
LAST_EVENT_ID: dict[str, Any] = {
    "name": "Last-Event-ID",
    "in": "header",
    "required": False,
    "description": "Number of the last event received; the stream goes on after it",
    "schema": {"type": "integer", "minimum": 0, "maximum": 9_999_999_999},
}
