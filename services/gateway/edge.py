"""The outermost layer: one span and one measurement a request, and nothing that leaves as a bare 500."""

import re
from time import perf_counter

from pymongo.errors import PyMongoError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.errors import Refused, internal, of_store, problem
from shared.health import HEALTH_PATHS, HealthApp
from shared.metrics import HTTP_SECONDS
from shared.telemetry import logger, mark_failed, span, trace_id, traceparent

TRACEPARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class Edge:
    """Health paths go to `health`, all others to `app`, traced, timed and caught."""

    def __init__(self, app: ASGIApp, health: HealthApp) -> None:
        self._app = app
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] in HEALTH_PATHS:
            await self._health(dict(scope), receive, send)
            return
        started = perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method: str = scope["method"]
        given = _given_trace(scope)
        with span(f"HTTP {method}", given) as current:
            scope["traceparent"] = traceparent(given)
            try:
                await self._answer(scope, receive, watched)
            except ClientDisconnect:
                status = 499  # the caller has gone; there is nobody to answer
            except Exception as error:
                trace = trace_id(scope["traceparent"])
                logger.error(
                    "request.failed", method=method, path=scope["path"], request_trace=trace, exc_info=error
                )
                if not status:
                    await problem(internal(), scope)(scope, receive, watched)
            route = _route(scope)
            if current.is_recording():
                current.update_name(f"{method} {route}")
                current.set_attributes({"http.response.status_code": status, "http.route": route})
                if status >= 500:
                    mark_failed(current, str(status))
        HTTP_SECONDS.labels(method, route, str(status)).observe(perf_counter() - started)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Refused as refused:
            await problem(refused, scope)(scope, receive, send)
        except PyMongoError as error:  # who is asking could not be looked up
            await problem(of_store(error), scope)(scope, receive, send)


def _given_trace(scope: Scope) -> str:
    """The caller's `traceparent`, if it sent a proper one."""
    for name, value in scope["headers"]:
        if name == b"traceparent" and TRACEPARENT.fullmatch(value):
            return value.decode()
    return ""


def _route(scope: Scope) -> str:
    """The template of the path, so that there are few of them."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
