"""HTTP connections that bound what a caller may cost: the size of a request's head and how long it may take,
and how long the caller may read nothing of an answer. (uvicorn waits for heads and readers for ever, and its
faster parser has no limit for heads. Bodies are waited for where they are read: see `reading.py`.)"""

import asyncio
from typing import Any, cast

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.telemetry import logger

MAX_HEAD_BYTES = 65_536
LOOKS = 4
"""How often, within the time it has, a caller that does not read is looked at."""


class Refusal(Exception):
    """Stops the parser once a request has been answered."""


class Connection(HttpToolsProtocol):
    """One caller's connection."""

    stalled_s: float

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head: int | None = 0
        self._refused = False
        self._look: asyncio.TimerHandle | None = None
        self._late: asyncio.TimerHandle | None = None
        self._stalled = 0
        self._unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected, and is to ask for something."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Called with what the caller has sent."""
        if self._refused:
            return
        before = self._head
        super().data_received(data)
        if self._head is not None and self._head == before:
            self._count(len(data))

    def on_message_begin(self) -> None:
        """A request begins."""
        self._head = 0
        self._expect_head()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Part of its URL has come."""
        self._count(len(url), within=True)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers has come."""
        self._count(len(name) + len(value), within=True)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Its head has come; how large the body may be is for others to say."""
        self._head = None
        self._forget_head()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Called for what is no HTTP, and after a refusal."""
        if not self._refused:
            super().send_400_response(msg)

    def pause_writing(self) -> None:
        """The caller reads more slowly than it is answered."""
        super().pause_writing()
        self._stalled = 0
        self._wait()

    def resume_writing(self) -> None:
        """It has read what there was."""
        self._forget()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has gone."""
        self._forget()
        self._forget_head()
        super().connection_lost(exc)

    def _count(self, size: int, *, within: bool = False) -> None:
        self._head = (self._head or 0) + size
        if self._head > MAX_HEAD_BYTES:
            self._refuse()
            if within:
                raise Refusal

    def _refuse(self) -> None:
        self._refused = True
        said = f"The request line and the headers may have {MAX_HEAD_BYTES:,} bytes"
        body = orjson.dumps(
            {
                "type": "urn:weft:problem:headers_too_large",
                "title": "Request Header Fields Too Large",
                "status": 431,
                "detail": said,
                "code": "headers_too_large",
            }
        )
        head = (
            "HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _expect_head(self) -> None:
        self._forget_head()
        self._late = self.loop.call_later(self.stalled_s, self._head_is_late)

    def _head_is_late(self) -> None:
        logger.info("caller.late", client=self.client)
        self.transport.abort()

    def _forget_head(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    def _wait(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._look = self.loop.call_later(self.stalled_s / LOOKS, self._look_again)

    def _look_again(self) -> None:
        """Slow is well, as long as something is read."""
        read = self.transport.get_write_buffer_size() < self._unread
        self._stalled = 0 if read else self._stalled + 1
        if self._stalled < LOOKS:
            self._wait()
            return
        logger.info("caller.stalled", client=self.client, unread=self._unread)
        self.transport.abort()

    def _forget(self) -> None:
        if self._look:
            self._look.cancel()
            self._look = None


def connection(stalled_s: float) -> type[asyncio.Protocol]:
    """Connections whose callers may read nothing for so long, or take so long to say what they want."""
    return cast("type[asyncio.Protocol]", type("Connection", (Connection,), {"stalled_s": stalled_s}))
