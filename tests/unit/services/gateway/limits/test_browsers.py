"""Which hosts and origins requests may come from, and what browsers are told."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from services.gateway.errors import Refused
from services.gateway.limits.browsers import KnownHosts, SafeHeaders, cross_origin


async def _hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/x", _hello), Route("/docs", _hello)])


async def asked(app: ASGIApp, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """What the app answers; raises what it raises."""
    transport = httpx.ASGITransport(app)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=transport, base_url="http://weft.example") as client:
        return await client.request(method, path, headers=named)


@pytest.mark.parametrize("host", ["weft.example", "WEFT.example:8443"])
async def test_the_hosts_that_are_named_are_answered_for(host: str) -> None:
    assert (await asked(KnownHosts(APP, ["weft.example"]), "/x", host=host)).text == "hello"


@pytest.mark.parametrize("host", ["evil.example", "weft.example.evil.example", "weft.example@evil", "", "["])
async def test_other_hosts_are_refused(host: str) -> None:
    with pytest.raises(Refused, match="does not answer for"):
        await asked(KnownHosts(APP, ["weft.example"]), "/x", host=host)


async def test_every_answer_says_what_a_browser_must_not_do() -> None:
    safe = SafeHeaders(APP, https=True)
    told = (await asked(safe, "/x")).headers
    assert told["x-content-type-options"] == "nosniff"
    assert told["cache-control"] == "no-store"
    assert "default-src 'none'" in told["content-security-policy"]
    assert told["strict-transport-security"].startswith("max-age=")
    assert "strict-transport-security" not in (await asked(SafeHeaders(APP, https=False), "/x")).headers
    assert "frame-ancestors 'none'" in (await asked(safe, "/docs")).headers["content-security-policy"]


async def test_only_pages_of_known_origins_may_read_answers() -> None:
    app = cross_origin(APP, ["https://app.example"])
    wanted = {"access_control_request_method": "POST", "access_control_request_headers": "authorization"}
    good = await asked(app, "/x", "OPTIONS", origin="https://app.example", **wanted)
    assert good.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in good.headers
    for origin in ("https://evil.example", "https://app.example.evil.example", "null", "http://app.example"):
        bad = await asked(app, "/x", "OPTIONS", origin=origin, **wanted)
        assert bad.status_code == 400
        assert "access-control-allow-origin" not in bad.headers
        assert "access-control-allow-origin" not in (await asked(app, "/x", origin=origin)).headers


def test_without_origins_there_is_nothing_between() -> None:
    assert cross_origin(APP, []) is APP
