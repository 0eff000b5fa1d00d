"""Which hosts and origins requests may come from, and what browsers are told."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from services.gateway.errors import Refused
from services.gateway.limits.browsers import KnownHosts, SafeHeaders, cross_origin


async def _hello(request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/x", _hello), Route("/docs", _hello)])


@pytest.mark.parametrize("host", ["weft.example", "WEFT.example:8443"])
def test_the_hosts_that_are_named_are_answered_for(host: str) -> None:
    client = TestClient(KnownHosts(APP, ["weft.example"]))
    assert client.get("/x", headers={"host": host}).text == "hello"


@pytest.mark.parametrize("host", ["evil.example", "weft.example.evil.example", "weft.example@evil", "", "["])
def test_other_hosts_are_refused(host: str) -> None:
    client = TestClient(KnownHosts(APP, ["weft.example"]))
    with pytest.raises(Refused, match="does not answer for"):
        client.get("/x", headers={"host": host})


def test_every_answer_says_what_a_browser_must_not_do() -> None:
    told = TestClient(SafeHeaders(APP, https=True)).get("/x").headers
    assert told["x-content-type-options"] == "nosniff"
    assert told["cache-control"] == "no-store"
    assert "default-src 'none'" in told["content-security-policy"]
    assert told["strict-transport-security"].startswith("max-age=")
    assert "strict-transport-security" not in TestClient(SafeHeaders(APP, https=False)).get("/x").headers
    assert (
        "frame-ancestors 'none'"
        in TestClient(SafeHeaders(APP, https=True)).get("/docs").headers["content-security-policy"]
    )


def test_only_pages_of_known_origins_may_read_answers() -> None:
    client = TestClient(cross_origin(APP, ["https://app.example"]))
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    good = client.options("/x", headers={"origin": "https://app.example", **asked})
    assert good.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-credentials" not in good.headers
    for origin in ("https://evil.example", "https://app.example.evil.example", "null", "http://app.example"):
        bad = client.options("/x", headers={"origin": origin, **asked})
        assert bad.status_code == 400
        assert "access-control-allow-origin" not in bad.headers
        assert "access-control-allow-origin" not in client.get("/x", headers={"origin": origin}).headers


def test_without_origins_there_is_nothing_between() -> None:
    assert cross_origin(APP, []) is APP
