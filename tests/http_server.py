"""A real HTTP server for tests: `async with serving() as server: ... server.url("/echo")`.

It stands for the outside world: it echoes, redirects, hangs, fails a number of times, sends too much.
"""

import asyncio
import base64
import ssl
import zlib
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from aiohttp import web

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
MEGABYTE = bytes(1_000_000)


@dataclass
class Server:
    """Where the server listens, and the requests it has seen, oldest first, as `/echo` answers them."""

    scheme: str = "http"
    port: int = 0
    seen: list[dict[str, object]] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    runner: web.AppRunner | None = None
    gates: defaultdict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The full URL of a path; `host` may be any name or address that leads here."""
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """The path of every request it has seen."""
        return [str(each["path"]) for each in self.seen]

    def connections(self) -> int:
        """How many callers are connected."""
        serving = self.runner.server if self.runner else None
        return sum(each.transport is not None for each in serving.connections) if serving else 0

    def open(self, gate: str) -> None:
        """Let `/gate/<gate>` answer, now and from now on."""
        self.gates[gate].set()


SERVER = web.AppKey("server", Server)


@asynccontextmanager
async def serving(*, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server on a free port, stopped at the end whatever still hangs on it."""
    server = Server(scheme="https" if tls else "http")
    app = web.Application(client_max_size=64_000_000, middlewares=[_remember])
    app[SERVER] = server
    _add_routes(app)
    server.runner = runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, host, 0, ssl_context=tls)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        server.stopping.set()
        await runner.cleanup()


@web.middleware
async def _remember(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    request.app[SERVER].seen.append(await _described(request))
    return await handler(request)


async def _described(request: web.Request) -> dict[str, object]:
    body = await request.read()
    return {
        "method": request.method,
        "path": request.path,
        "query": [[name, value] for name, value in request.query.items()],
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": body.decode("utf-8", "replace"),
        "body_base64": base64.b64encode(body).decode(),
    }


def _add_routes(app: web.Application) -> None:
    """Each is told what to do in the query: `/status/503?retry_after=3`, `/redirect?to=/echo&status=307`."""
    app.add_routes([
        web.route("*", "/echo", _echo),
        web.route("*", "/status/{code}", _status),
        web.route("*", "/redirect", _redirect),
        web.route("*", "/flaky/{name}", _flaky),
        web.route("*", "/drop/{name}", _drop),
        web.route("*", "/gate/{name}", _gate), web.get("/slow", _slow), web.get("/drip", _drip),
        web.get("/big", _big), web.get("/gzip-bomb", _gzip_bomb), web.get("/binary", _binary),
        web.get("/text", _text), web.get("/headers", _headers),
    ])  # fmt: skip


async def _echo(request: web.Request) -> web.Response:
    return web.json_response(await _described(request))


async def _status(request: web.Request) -> web.Response:
    """Any status, with `body`, or a `header` of the request 500 times, and, when given, `retry_after`."""
    text = request.headers[request.query["header"]] * 500 if "header" in request.query else ""
    headers = {"Retry-After": request.query["retry_after"]} if "retry_after" in request.query else {}
    return web.Response(
        status=int(request.match_info["code"]), text=text or request.query.get("body", ""), headers=headers
    )


async def _redirect(request: web.Request) -> web.Response:
    """To `to`; with `times`, to itself that many times first."""
    times = int(request.query.get("times", 0))
    status, to = request.query.get("status", "302"), request.query["to"]
    location = str(request.rel_url.update_query(times=times - 1)) if times > 0 else to
    return web.Response(status=int(status), headers={"Location": location}, text="moved")


def _calls(request: web.Request) -> int:
    """How often this path has been called, this time included."""
    calls = request.app[SERVER].calls
    calls[request.path] += 1
    return calls[request.path]


async def _flaky(request: web.Request) -> web.Response:
    """Fails the first `times` calls under this name with `status`, then answers {"calls": n}."""
    calls = _calls(request)
    if calls <= int(request.query.get("times", 2)):
        return web.Response(status=int(request.query.get("status", 503)), text=f"failing, call {calls}")
    return web.json_response({"calls": calls})


async def _drop(request: web.Request) -> web.Response:
    """Closes the connection without an answer the first `times` calls under this name."""
    calls = _calls(request)
    if calls <= int(request.query.get("times", 2)) and request.transport:
        request.transport.abort()
    return web.json_response({"calls": calls})


async def _gate(request: web.Request) -> web.Response:
    """Answers once the test has opened the gate of that name."""
    await request.app[SERVER].gates[request.match_info["name"]].wait()
    return web.json_response({"open": True})


async def _slow(request: web.Request) -> web.Response:
    """Never answers."""
    await request.app[SERVER].stopping.wait()
    return web.Response()


async def _drip(request: web.Request) -> web.StreamResponse:
    """Answers with a few bytes, out of `bytes` when that is given, and never comes to the end."""
    response = web.StreamResponse()
    if "bytes" in request.query:
        response.content_length = int(request.query["bytes"])
    await response.prepare(request)
    await response.write(b"first bytes")
    await request.app[SERVER].stopping.wait()
    return response


async def _big(request: web.Request) -> web.StreamResponse:
    """`bytes` zero bytes; with `announced=1` the length is in the head."""
    size = int(request.query["bytes"])
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    if "announced" in request.query:
        response.content_length = size
    await response.prepare(request)
    with suppress(ConnectionError):  # The caller had enough.
        for start in range(0, 0 if request.method == "HEAD" else size, len(MEGABYTE)):
            await response.write(MEGABYTE[: size - start])
        await response.write_eof()
    return response


async def _gzip_bomb(request: web.Request) -> web.Response:
    """A thousandth of `bytes` on the wire, all of them once unpacked."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(MEGABYTE) for _ in range(int(request.query["bytes"]) // len(MEGABYTE))]
    return web.Response(body=b"".join([*parts, packer.flush()]), headers={"Content-Encoding": "gzip"})


async def _binary(_: web.Request) -> web.Response:
    return web.Response(body=PNG, content_type="image/png")


async def _text(request: web.Request) -> web.Response:
    """The `text`, encoded and labelled as `charset` says, with any other `type`."""
    charset = request.query.get("charset", "utf-8")
    kind = request.query.get("type", "text/plain")
    label = request.query.get("label", f"{kind}; charset={charset}")
    return web.Response(body=request.query["text"].encode(charset), headers={"Content-Type": label})


async def _headers(request: web.Request) -> web.Response:
    """`count` headers of `size` characters, and two cookies."""
    response = web.Response(text="ok")
    for number in range(int(request.query.get("count", 1))):
        response.headers[f"X-Number-{number}"] = "v" * int(request.query.get("size", 1))
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2; Path=/")
    response.headers.add("X-List", "one")
    response.headers.add("X-List", "two")
    return response
