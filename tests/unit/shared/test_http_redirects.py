"""Redirects: where they lead, what goes along, what is refused on the way."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from shared.http import HttpClient, HttpFailed, HttpRequest
from tests.http_server import Server, serving


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture(scope="module")
async def elsewhere() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture(scope="module")
async def client(server: Server, elsewhere: Server) -> AsyncIterator[HttpClient]:
    async with HttpClient(allow=[f"127.0.0.1:{server.port}", f"127.0.0.1:{elsewhere.port}"]) as client:
        yield client


def redirect(server: Server, to: str, status: int = 302) -> str:
    return server.url(f"/redirect?status={status}&to={quote(to, safe='')}")


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (301, "GET", "GET"), (301, "POST", "GET"), (302, "POST", "GET"), (302, "PUT", "PUT"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"), (303, "HEAD", "HEAD"), (307, "POST", "POST"), (308, "DELETE", "DELETE"),
    ],
)  # fmt: skip
async def test_a_redirect_keeps_the_method_or_makes_it_a_get(
    client: HttpClient, server: Server, status: int, method: str, becomes: str
) -> None:
    body = None if method in ("GET", "HEAD") else b"text"
    headers = {"Content-Type": "text/plain"} if body else {}
    response = await client.send(
        HttpRequest(method, redirect(server, "/echo?a=1", status), headers, body=body)
    )
    assert response.url == server.url("/echo?a=1")
    seen: dict[str, Any] = server.seen[-1]
    assert seen["method"] == becomes
    assert seen["body"] == ("text" if body and becomes == method else "")
    assert ("content-type" in seen["headers"]) == bool(body and becomes == method)


async def test_credentials_stay_with_the_origin_they_were_meant_for(
    client: HttpClient, server: Server, elsewhere: Server
) -> None:
    headers = {
        "Authorization": "Bearer t",
        "Cookie": "a=1",
        "X-Api-Key": "k",
        "X-Other": "o",
        "Host": "shop.example",
    }
    private = frozenset({"X-API-KEY"})
    url = redirect(server, elsewhere.url("/echo"), 307)
    await client.send(HttpRequest("POST", url, headers, private_headers=private))
    arrived: dict[str, Any] = elsewhere.seen[-1]["headers"]  # type: ignore[assignment]
    assert not {"authorization", "cookie", "x-api-key"} & set(arrived)
    assert arrived["x-other"] == "o"
    assert arrived["host"] == f"127.0.0.1:{elsewhere.port}"


async def test_credentials_go_along_within_one_origin(client: HttpClient, server: Server) -> None:
    await client.send(HttpRequest("GET", redirect(server, "/echo"), {"Authorization": "Bearer t"}))
    assert server.seen[-1]["headers"]["authorization"] == "Bearer t"  # type: ignore[index]


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest",
        "http://0x7f.1:1/",
        "http://[::1]/",
        "//10.0.0.1/",
    ],
)
async def test_a_redirect_to_an_address_that_is_not_open_is_blocked(
    client: HttpClient, server: Server, to: str
) -> None:
    with pytest.raises(HttpFailed) as failed:
        await client.send(HttpRequest("GET", redirect(server, to)))
    assert failed.value.code == "blocked_address"


@pytest.mark.parametrize("to", ["ftp://example.com/", "file:///etc/passwd", "http://a:b@example.com/"])
async def test_a_redirect_to_what_is_no_http_url_is_refused(
    client: HttpClient, server: Server, to: str
) -> None:
    with pytest.raises(HttpFailed) as failed:
        await client.send(HttpRequest("GET", redirect(server, to)))
    assert failed.value.code == "bad_url"


async def test_ten_redirects_are_followed_and_no_more(client: HttpClient, server: Server) -> None:
    assert (await client.send(HttpRequest("GET", server.url("/redirect?times=9&to=/echo")))).status == 200
    with pytest.raises(HttpFailed) as failed:
        await client.send(HttpRequest("GET", server.url("/redirect?times=10&to=/echo")))
    assert failed.value.code == "too_many_redirects"


async def test_a_redirect_is_the_answer_when_none_is_to_be_followed(
    client: HttpClient, server: Server
) -> None:
    response = await client.send(HttpRequest("GET", redirect(server, "/echo"), follow_redirects=False))
    assert (response.status, response.headers["location"]) == (302, "/echo")
