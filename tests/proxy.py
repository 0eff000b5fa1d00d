"""A wire that breaks on demand: a TCP proxy between a service and its broker or store."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

CHUNK = 65_536


class Proxy:
    """Passes bytes on, until told otherwise; `url` leads through it to `target`. `asked_at` are the times at
    which somebody wanted a connection."""

    def __init__(self, target: str) -> None:
        self._parts = urlsplit(target)
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._refusing = False
        self._needle: bytes | None = None
        self._port = 0
        self.bitten = asyncio.Event()
        self.asked_at: list[float] = []

    @property
    def url(self) -> str:
        """The target's URL, by way of this proxy."""
        credentials, at, _ = self._parts.netloc.rpartition("@")
        return urlunsplit(self._parts._replace(netloc=f"{credentials}{at}127.0.0.1:{self._port}"))

    async def listen(self) -> None:
        """Begin."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut everything and end."""
        assert self._server is not None
        self._passing.set()
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> int:
        """Close every connection; how many there were. New ones are taken."""
        pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for writer in pair:
                writer.transport.abort()
        return len(pairs)

    def down(self) -> None:
        """Cut, and close every new connection at once, until `up`."""
        self._refusing = True
        self.cut()

    def up(self) -> None:
        """Take connections, and pass on what was held back."""
        self._refusing = False
        self._passing.set()

    def hold(self) -> None:
        """Keep connections open and pass nothing on, as when a host is lost, until `up`."""
        self._passing.clear()

    def bite(self, needle: bytes) -> None:
        """Pass the next request that holds `needle` on, and cut its connection instead of the answer; sets
        `bitten` then."""
        self.bitten.clear()
        self._needle = needle

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked_at.append(asyncio.get_running_loop().time())
        if self._refusing:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, far_writer)
        self._pairs.add(pair)
        bite = asyncio.Event()
        try:
            await asyncio.gather(
                self._pass_on(reader, far_writer, bite, asks=True),
                self._pass_on(far_reader, writer, bite, asks=False),
            )
        except (OSError, EOFError):
            pass
        finally:
            self._pairs.discard(pair)
            for each in pair:
                each.transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bite: asyncio.Event, *, asks: bool
    ) -> None:
        while chunk := await reader.read(CHUNK):
            await self._passing.wait()
            if asks and self._needle is not None and self._needle in chunk:
                self._needle = None
                bite.set()
            elif not asks and bite.is_set():
                self.bitten.set()
                break
            writer.write(chunk)
            await writer.drain()
        raise EOFError


@asynccontextmanager
async def proxied(target: str) -> AsyncIterator[Proxy]:
    """A proxy to `target`, a URL."""
    proxy = Proxy(target)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
