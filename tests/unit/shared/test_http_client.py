"""The HTTP client against a real server: what arrives there, what comes back, what is refused."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from shared.http import HttpClient, HttpFailed, HttpRequest
from tests.http_server import PNG, Server, serving


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient(allow=["127.0.0.1"]) as client:
        yield client


async def failure_of(client: HttpClient, request: HttpRequest) -> HttpFailed:
    with pytest.raises(HttpFailed) as failed:
        await client.send(request)
    return failed.value


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_every_method_arrives_with_query_headers_and_body(
    client: HttpClient, server: Server, method: str
) -> None:
    response = await client.send(
        HttpRequest(
            method, server.url("/echo?a=1"), {"X-Team": "grün"}, [("b", "2"), ("b", "3")], "ä".encode()
        )
    )
    assert response.status == 200
    assert response.url == server.url("/echo?a=1&b=2&b=3")
    seen = server.seen[-1]
    assert (seen["method"], seen["body"]) == (method, "ä")
    assert seen["query"] == [["a", "1"], ["b", "2"], ["b", "3"]]
    assert seen["headers"]["x-team"] == "grün"  # type: ignore[index]
    assert seen["headers"]["user-agent"] == "weft"  # type: ignore[index]


async def test_head_brings_the_headers_and_no_body(client: HttpClient, server: Server) -> None:
    response = await client.send(
        HttpRequest("HEAD", server.url("/big?bytes=30000000&announced=1"), max_bytes=10)
    )
    assert (response.status, response.body) == (200, b"")
    assert response.headers["content-length"] == "30000000"


async def test_bytes_come_back_as_they_are(client: HttpClient, server: Server) -> None:
    response = await client.send(HttpRequest("GET", server.url("/binary")))
    assert response.body == PNG
    assert response.headers["content-type"] == "image/png"


async def test_a_large_body_arrives_whole(client: HttpClient, server: Server) -> None:
    body = bytes(range(256)) * 12_000
    await client.send(HttpRequest("POST", server.url("/status/204"), body=body))
    assert server.seen[-1]["headers"]["content-length"] == str(len(body))  # type: ignore[index]


async def test_any_status_is_an_answer(client: HttpClient, server: Server) -> None:
    response = await client.send(HttpRequest("GET", server.url("/status/503?body=later")))
    assert (response.status, response.body) == (503, b"later")


async def test_repeated_headers_are_joined(client: HttpClient, server: Server) -> None:
    headers = (await client.send(HttpRequest("GET", server.url("/headers")))).headers
    assert headers["x-list"] == "one, two"
    assert headers["set-cookie"] == "a=1; Path=/\nb=2; Path=/"


async def test_cookies_are_not_kept(client: HttpClient, server: Server) -> None:
    await client.send(HttpRequest("GET", server.url("/headers")))
    await client.send(HttpRequest("GET", server.url("/echo")))
    assert "cookie" not in server.seen[-1]["headers"]  # type: ignore[operator]


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
async def test_a_proxy_of_the_environment_is_not_used(
    server: Server, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:1")
    async with HttpClient(allow=["127.0.0.1"]) as client:
        assert (await client.send(HttpRequest("GET", server.url("/echo")))).status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "1\r\nX-B: 2"), ("X-A", "1\nX"), ("X-A", "a\x00b"), ("X-A: 1\r\nB", "x"), ("", "x"),
        ("X A", "x"),
        ("Content-Length", "5"), ("Transfer-Encoding", "chunked"), ("connection", "close"), ("X-A", "\ud800"),
        ("X-Long", "v" * 40_000),
    ],
)  # fmt: skip
async def test_a_header_that_would_break_the_message_is_refused(
    client: HttpClient, server: Server, name: str, value: str
) -> None:
    before = len(server.seen)
    failed = await failure_of(client, HttpRequest("GET", server.url("/echo"), {name: value}))
    assert failed.code == "bad_request"
    assert len(server.seen) == before


@pytest.mark.parametrize("method", ["GET / HTTP/1.1\r\nX:", "", "CONNECT", "G ET"])
async def test_a_method_that_is_none_is_refused(client: HttpClient, server: Server, method: str) -> None:
    assert (await failure_of(client, HttpRequest(method, server.url("/echo")))).code == "bad_request"


async def test_a_hundred_and_one_headers_are_refused(client: HttpClient, server: Server) -> None:
    headers = {f"X-{number}": "1" for number in range(101)}
    assert (await failure_of(client, HttpRequest("GET", server.url("/echo"), headers))).code == "bad_request"


@pytest.mark.parametrize("path", ["/headers?count=300", "/headers?size=50000"])
async def test_too_many_or_too_long_headers_in_an_answer_are_refused(
    client: HttpClient, server: Server, path: str
) -> None:
    assert (await failure_of(client, HttpRequest("GET", server.url(path)))).code == "too_large"


@pytest.mark.parametrize("path", ["/slow", "/drip", "/redirect?times=1&to=/slow"])
async def test_an_answer_that_does_not_come_to_an_end_times_out(
    client: HttpClient, server: Server, path: str
) -> None:
    failed = await failure_of(client, HttpRequest("GET", server.url(path), timeout_s=0.1))
    assert failed.code == "timeout"
    assert "0.1 s" in failed.message


@pytest.mark.parametrize("path", ["/big?bytes=1000001", "/drip?bytes=1000001", "/gzip-bomb?bytes=50000000"])
async def test_an_answer_over_the_limit_is_not_read_to_its_end(
    client: HttpClient, server: Server, path: str
) -> None:
    failed = await failure_of(client, HttpRequest("GET", server.url(path), max_bytes=1_000_000))
    assert (failed.code, failed.details["status"]) == ("too_large", 200)
    assert "1,000,000" in failed.message


async def test_an_answer_of_exactly_the_limit_is_read(client: HttpClient, server: Server) -> None:
    request = HttpRequest("GET", server.url("/gzip-bomb?bytes=2000000"), max_bytes=2_000_000)
    assert len((await client.send(request)).body) == 2_000_000


async def test_a_port_where_nobody_listens_is_unavailable(client: HttpClient) -> None:
    failed = await failure_of(client, HttpRequest("GET", "http://127.0.0.1:1/?key=s3cret"))
    assert failed.code == "unavailable"
    assert "127.0.0.1:1" in failed.message
    assert "s3cret" not in f"{failed.message} {failed.details}"


async def test_a_connection_that_breaks_off_is_unavailable(client: HttpClient, server: Server) -> None:
    failed = await failure_of(client, HttpRequest("POST", server.url("/drop/once?times=1")))
    assert failed.code == "unavailable"
    assert (await client.send(HttpRequest("POST", server.url("/drop/once?times=1")))).status == 200


async def test_a_name_that_does_not_exist_is_unavailable() -> None:
    async with HttpClient(resolver=Names({})) as client:
        failed = await failure_of(client, HttpRequest("GET", "http://nowhere.example/"))
    assert failed.code == "unavailable"
    assert "nowhere.example" in failed.message


async def test_a_server_that_does_not_speak_http_is_a_bad_response(client: HttpClient) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as mail:
        port = mail.sockets[0].getsockname()[1]
        failed = await failure_of(client, HttpRequest("GET", f"http://127.0.0.1:{port}/"))
    assert failed.code == "bad_response"


class Names(AbstractResolver):
    """Answers a name's addresses one after the other, and remembers what it was asked."""

    def __init__(self, addresses: dict[str, list[str]]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.append(host)
        left = self.addresses.get(host)
        if not left:
            raise OSError(None, "unknown name")
        address = left.pop(0) if len(left) > 1 else left[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"])
async def test_a_name_that_leads_inside_is_blocked(address: str) -> None:
    async with HttpClient(resolver=Names({"evil.example": [address]})) as client:
        failed = await failure_of(client, HttpRequest("GET", "http://evil.example/"))
    assert failed.code == "blocked_address"
    assert "evil.example" in failed.message


async def test_a_name_cannot_change_its_address_between_check_and_connection(server: Server) -> None:
    names = Names({"rebind.example": ["127.0.0.1", "127.0.0.2"]})
    async with HttpClient(resolver=names, allow=["127.0.0.1/32"], dns_cache_s=0) as client:
        url = server.url("/echo", host="rebind.example")
        assert (await client.send(HttpRequest("GET", url))).status == 200
        assert names.asked == ["rebind.example"]
    async with HttpClient(resolver=names, allow=["127.0.0.1/32"], dns_cache_s=0) as client:
        assert (await failure_of(client, HttpRequest("GET", url))).code == "blocked_address"
        assert names.asked == ["rebind.example"] * 2


async def test_a_name_on_the_allow_list_may_lead_inside(server: Server) -> None:
    names = Names({"store.internal": ["127.0.0.1"]})
    async with HttpClient(resolver=names, allow=[f"store.internal:{server.port}"]) as client:
        url = server.url("/echo", host="store.internal")
        assert (await client.send(HttpRequest("GET", url))).status == 200


async def test_localhost_is_blocked_unless_opened(server: Server) -> None:
    async with HttpClient() as client:
        failed = await failure_of(client, HttpRequest("GET", server.url("/echo", host="localhost")))
    assert failed.code == "blocked_address"
