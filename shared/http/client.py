"""The client: one session and one pool of connections a process, no cookies, no proxy of the environment."""

import asyncio
import io
import socket
import ssl
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from shared.http.address import AllowList
from shared.http.failures import explained
from shared.http.message import MAX_REDIRECTS, HttpFailed, HttpRequest, HttpResponse, check_request
from shared.http.target import blocked, redirected, shown, target

USER_AGENT = "weft"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PRIVATE = frozenset({"authorization", "cookie", "host", "proxy-authorization"})
BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type"})
COPIED_BYTES = 1_000_000
RAISED = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError, zlib.error)


class GuardedResolver(AbstractResolver):
    """Resolves names, and hands on only what may be called: the address checked is the one connected to."""

    def __init__(self, allow: AllowList, inner: AbstractResolver) -> None:
        self._allow = allow
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The permitted addresses of a name; raises HttpFailed `blocked_address` when it has only others."""
        found = await self._inner.resolve(host, port, family)
        if self._allow.opens_name(host, port):
            return found
        permitted = [each for each in found if self._allow.permits(ip_address(each["host"]), port)]
        if found and not permitted:
            raise blocked(host, port)
        return permitted

    async def close(self) -> None:
        """Close the resolver inside."""
        await self._inner.close()


@dataclass(frozen=True)
class Hop:
    """One exchange with one server: the request itself, or what a redirect made of it."""

    method: str
    url: URL
    headers: CIMultiDict[str]
    body: bytes | None


class HttpClient:
    """`async with HttpClient(allow=[...]) as client: await client.send(request)`.

    `allow` opens hosts, host:port or networks that are not public. `dns_cache_s` is for how many seconds the
    addresses that passed the check are used again (0: not at all)."""

    def __init__(
        self, *, allow: Iterable[str] = (), resolver: AbstractResolver | None = None, dns_cache_s: int = 10,
        connections_per_host: int = 100,
    ) -> None:  # fmt: skip
        self.allow = AllowList.parse(allow)
        self._resolver = resolver
        self._dns_cache_s = dns_cache_s
        self._connections_per_host = connections_per_host
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "HttpClient":
        resolver = self._resolver or aiohttp.ThreadedResolver()
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self.allow, resolver), ssl=tls_context(), limit=0,
            limit_per_host=self._connections_per_host,
            use_dns_cache=self._dns_cache_s > 0, ttl_dns_cache=self._dns_cache_s,
        )  # fmt: skip
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
            skip_auto_headers=("Content-Type",), max_line_size=16_384, max_field_size=32_768, max_headers=200,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The answer, whatever its status; raises HttpFailed when there is none that can be used."""
        check_request(request)
        headers = CIMultiDict(request.headers)
        headers.setdefault("User-Agent", USER_AGENT)
        url = target(request.url, request.query, self.allow)
        hop = Hop(request.method.upper(), url, headers, request.body)
        deadline = None if request.timeout_s is None else _now() + request.timeout_s
        for _ in range(MAX_REDIRECTS + 1):
            try:
                answer = await self._exchange(hop, request, deadline)
            except RAISED as error:
                raise explained(error, hop.url, request.timeout_s) from error
            if isinstance(answer, HttpResponse):
                return answer
            hop = answer
        raise HttpFailed("too_many_redirects", f"more than {MAX_REDIRECTS} redirects", url=shown(hop.url))

    async def _exchange(self, hop: Hop, request: HttpRequest, deadline: float | None) -> HttpResponse | Hop:
        """One answer, or the hop that it asks for."""
        if self._session is None:
            raise RuntimeError("HttpClient is used outside `async with`")
        body = hop.body
        async with self._session.request(
            hop.method, hop.url, headers=hop.headers, allow_redirects=False,
            # Above this size the library writes in pieces from a file, so that the loop is not held up.
            data=io.BytesIO(body) if body and len(body) > COPIED_BYTES else body,
            timeout=aiohttp.ClientTimeout(total=_remaining(deadline)),
        ) as response:  # fmt: skip
            location = response.headers.get("Location")
            if location and request.follow_redirects and response.status in REDIRECTS:
                url = redirected(hop.url, _text(location), self.allow)
                return next_hop(hop, response.status, url, request)
            content = b"" if hop.method == "HEAD" else await read_capped(response, request.max_bytes)
            return HttpResponse(response.status, _headers(response.headers), content, str(hop.url))


def next_hop(hop: Hop, status: int, url: URL, request: HttpRequest) -> Hop:
    """What a redirect makes of a request: 303 (and 301, 302 after a POST) turns it into a GET without a body,
    and another origin does not get to see what was meant for the first."""
    method, body, dropped = hop.method, hop.body, frozenset[str]()
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body, dropped = "GET", None, BODY_HEADERS
    if url.origin() != hop.url.origin():
        dropped |= PRIVATE | {name.lower() for name in request.private_headers}
    headers = CIMultiDict((name, value) for name, value in hop.headers.items() if name.lower() not in dropped)
    return Hop(method, url, headers, body)


async def read_capped(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The body, decompressed; raises HttpFailed `too_large` as soon as it is more than `most` bytes."""
    parts: list[bytes] = []
    size = response.content_length or 0
    if size <= most:
        size = 0
        async for part in response.content.iter_any():
            parts.append(part)
            size += len(part)
            if size > most:
                break
        else:
            return b"".join(parts)
    response.close()
    message = f"{response.url.host} answered with more than {most:,} bytes"
    raise HttpFailed("too_large", message, url=shown(response.url), status=response.status)


def tls_context() -> ssl.SSLContext:
    """Verifies against the system's authorities and certifi's, so that an image without any works too."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _remaining(deadline: float | None) -> float | None:
    """Seconds left; a deadline that has passed leaves a moment, because 0 would mean no limit."""
    return None if deadline is None else max(deadline - _now(), 0.001)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _text(value: str) -> str:
    """A header's value as text; bytes that are not UTF-8 (surrogates, as the library has it) are replaced."""
    return value if value.isascii() else value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _headers(raw: CIMultiDictProxy[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in raw.items():
        name, value = _text(name).lower(), _text(value)
        if name in headers:
            value = ("\n" if name == "set-cookie" else ", ").join((headers[name], value))
        headers[name] = value
    return headers
