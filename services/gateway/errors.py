"""Failure code -> HTTP status, and RFC 9457 problem+json for whatever goes wrong."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pymongo.errors import PyMongoError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from shared.quotas import QuotaExceeded
from shared.storage.trouble import cannot_be_reached, is_full
from shared.telemetry import logger, trace_id

STATUS: dict[str, int] = {
    "malformed_json": 400,
    "bad_header": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "quota_exceeded": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "stale_revision": 409,
    "not_published": 409,
    "no_schedule": 409,
    "no_webhook": 409,
    "not_kept": 409,
    "hook_not_ready": 409,
    "run_finished": 409,
    "run_unfinished": 409,
    "run_queued": 409,
    "child_run": 409,
    "not_started": 409,
    "not_suspended": 409,
    "has_children": 409,
    "too_late": 409,
    "already_decided": 409,
    "already_signalled": 409,
    "name_taken": 409,
    "being_replayed": 409,
    "dead_letter_cut": 409,
    "unroutable": 409,
    "no_channels": 409,
    "channel_in_use": 409,
    "delivered": 409,
    "body_too_large": 413,
    "value_too_large": 413,
    "body_late": 408,
    "misdirected": 421,
    "unsupported_encoding": 415,
    "invalid_request": 422,
    "not_possible": 422,
    "unknown_reference": 422,
    "invalid_graph": 422,
    "invalid_definition": 422,
    "asl_jsonata": 422,
    "invalid_data": 422,
    "unknown_decision": 422,
    "unknown_node": 422,
    "unknown_port": 422,
    "not_reached": 422,
    "mocks_need_dry": 422,
    "invalid_mocks": 422,
    "not_mocked": 422,
    "too_deep": 422,
    "number_too_large": 422,
    "idempotency_key_reused": 422,
    "too_many_variables": 422,
    "unknown_plan": 422,
    "rate_limited": 429,
    "conditions_unmet": 422,
    "too_many_times": 422,
    "secret_needed": 422,
    "credential_in_use": 409,
    "no_sign_in": 409,
    "no_public_url": 409,
    "unknown_sign_in": 404,
    "other_browser": 403,
    "sign_in_denied": 422,
    "unknown_credential_type": 422,
    "no_vault": 501,
    "no_mail": 501,
    "not_answered": 504,
    "csrf": 403,
    "last_admin": 409,
    "already_member": 409,
    "already_linked": 409,
    "not_linked": 409,
    "only_way_in": 409,
    "sign_in_failed": 400,
    "not_configured": 404,
    "provider_unavailable": 503,
    "internal_error": 500,
    "run_failed": 502,
    "bad_answer": 502,
    "store_unavailable": 503,
    "broker_unavailable": 503,
    "answer_late": 504,
    "store_full": 507,
}
RETRY_AFTER_S = {503: "2", 507: "30"}
MAX_ERRORS = 500

Fault = dict[str, Any]
"""{path, code, message}, and offset for expressions."""


class Refused(Exception):
    """A request answered with a problem; `errors` are {path, code, message}, for graphs and bodies."""

    def __init__(
        self, code: str, detail: str, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.headers = headers or {}
        self.code = code
        self.detail = detail
        self.errors = errors


def refusal(code: str, faults: Sequence[Fault], *, first: Fault | None = None) -> Refused:
    """Names `first`, or else the first of the faults (there is one at least), and lists all."""
    named = first or faults[0]
    place = f"{named['path']}: " if named["path"] else ""
    rest = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return Refused(code, f"{place}{named['message']}{rest}", faults)


def over_quota(error: QuotaExceeded) -> Refused:
    """403 and not 429: nobody is to try again by itself, for that would be for weeks."""
    return Refused(error.code, str(error), [{"path": error.limit, "code": error.code, "message": str(error)}])


def problem(refused: Refused, scope: Scope, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as a response; `scope` says what was asked for, and in which trace."""
    status = STATUS[refused.code]
    body: dict[str, Any] = {
        "type": f"urn:weft:problem:{refused.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": refused.detail,
        "code": refused.code,
        "instance": scope["path"],
    }
    if refused.errors:
        body["errors"] = list(refused.errors[:MAX_ERRORS])
    if status >= 500:
        body["trace_id"] = trace_id(scope.get("traceparent", ""))
    return Response(
        orjson.dumps(body),
        status,
        headers={**_headers(status), **refused.headers, **(headers or {})},
        media_type="application/problem+json",
    )


def internal() -> Refused:
    """What callers are told of a fault of ours."""
    return Refused("internal_error", "Something went wrong inside Weft; the trace id leads to the log")


def _headers(status: int) -> dict[str, str]:
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="weft"'}
    return {"Retry-After": RETRY_AFTER_S[status]} if status in RETRY_AFTER_S else {}


def add_handlers(app: FastAPI) -> None:
    """Have every kind of trouble answered with a problem."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(QuotaExceeded, _over_quota)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PyMongoError, _store)
    app.add_exception_handler(Exception, _unexpected)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return problem(error, request.scope)


async def _over_quota(request: Request, error: Exception) -> Response:
    assert isinstance(error, QuotaExceeded)
    return problem(over_quota(error), request.scope)


async def _invalid(request: Request, error: Exception) -> Response:
    """Path or query parameters that do not fit."""
    assert isinstance(error, RequestValidationError)
    found: list[Fault] = [
        {"path": ".".join(map(str, each["loc"])), "code": str(each["type"]), "message": str(each["msg"])}
        for each in error.errors()
    ]
    detail = "; ".join(f"{each['path']}: {each['message']}" for each in found[:3])
    return problem(Refused("invalid_request", detail, found), request.scope)


async def _http(request: Request, error: Exception) -> Response:
    """What the router answers when no route matches."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        allowed = ", ".join(_methods_of(request))
        told = Refused("method_not_allowed", f"{request.method} is not possible here; allowed: {allowed}")
        return problem(told, request.scope, {"Allow": allowed})
    if error.status_code == 404:
        return problem(Refused("not_found", f"There is nothing at {request.url.path}"), request.scope)
    return problem(Refused("invalid_request", str(error.detail)), request.scope)


def _methods_of(request: Request) -> list[str]:
    """All methods of what is asked for: the router only knows those of the first route with this path."""
    met = [
        each
        for each in iter_route_contexts(request.app.routes)
        if each.matches(request.scope)[0] is not Match.NONE
    ]
    return sorted({method for each in met if each.path == met[0].path for method in each.methods or ()})


async def _store(request: Request, error: Exception) -> Response:
    assert isinstance(error, PyMongoError)
    return problem(of_store(error), request.scope)


def of_store(error: PyMongoError) -> Refused:
    """What callers are told of trouble with the store; raises the error when it is a fault of ours."""
    if is_full(error):
        logger.error("request.store_full", error=f"{type(error).__name__}: {error}"[:300])
        said = "The store's disk is full or failing: nothing can be saved until that is mended; reads go on"
        return Refused("store_full", said)
    if not cannot_be_reached(error):
        raise error  # on to `_unexpected`, and to the log
    logger.warning("request.store_unavailable", error=f"{type(error).__name__}: {error}"[:300])
    return Refused("store_unavailable", "The store cannot be reached at the moment; please try again")


async def _unexpected(request: Request, _error: Exception) -> Response:
    return problem(internal(), request.scope)
