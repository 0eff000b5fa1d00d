"""Trouble becomes problem+json, with the right status."""

import asyncio
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from pymongo.errors import NetworkTimeout, OperationFailure, ServerSelectionTimeoutError

from services.gateway.edge import Edge
from services.gateway.errors import STATUS, Refused, add_handlers
from shared.health import HealthApp


def app_that_raises(error: Exception) -> Edge:
    """An app whose one route fails."""
    app = FastAPI(openapi_url=None)

    @app.get("/x")
    async def fail() -> None:
        raise error

    add_handlers(app)
    return Edge(app, HealthApp({}))


async def ask(app: Edge) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and body of `GET /x`."""
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/x",
        "headers": [],
        "query_string": b"",
        "http_version": "1.1",
    }
    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, orjson.loads(b"".join(each.get("body", b"") for each in sent[1:]))


@pytest.mark.parametrize("code", STATUS)
async def test_every_code_has_a_status_and_a_body_that_says_it(code: str) -> None:
    status, headers, body = await ask(app_that_raises(Refused(code, "what to do")))
    assert status == STATUS[code] == body["status"]
    assert (body["code"], body["detail"], body["instance"]) == (code, "what to do", "/x")
    assert headers["content-type"] == "application/problem+json"
    assert ("retry-after" in headers) == (status in (503, 507))


@pytest.mark.parametrize("error", [ServerSelectionTimeoutError("gone"), NetworkTimeout("slow")])
async def test_a_store_that_is_away_is_503(error: Exception) -> None:
    status, headers, body = await ask(app_that_raises(error))
    assert (status, body["code"]) == (503, "store_unavailable")
    assert headers["retry-after"]


@pytest.mark.parametrize("error", [ZeroDivisionError("secret detail"), OperationFailure("secret detail")])
async def test_the_unexpected_is_500_and_tells_no_secrets(error: Exception) -> None:
    status, _, body = await ask(app_that_raises(error))
    assert (status, body["code"]) == (500, "internal_error")
    assert len(body["trace_id"]) == 32
    assert "secret" not in str(body)
