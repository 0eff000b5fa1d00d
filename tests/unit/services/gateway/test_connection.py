"""A caller that reads slowly is waited for; one that reads nothing is let go."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from services.gateway.connection import LOOKS, connection


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    """An app that nobody calls."""


class Transport:
    """What is still to be read of what was written."""

    def __init__(self) -> None:
        self.unread = 100_000
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return self.unread

    def get_extra_info(self, _name: str) -> None:
        return None

    def abort(self) -> None:
        self.aborted = True


class Loop:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Callable[[], None], asyncio.TimerHandle]] = []

    def call_later(self, delay: float, call: Callable[[], None]) -> Any:
        self.waiting.append((delay, call, Handle(self)))  # type: ignore[arg-type]
        return self.waiting[-1][2]

    def turn(self) -> None:
        [(_, call, _)], self.waiting = self.waiting, []
        call()


class Handle:
    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def cancel(self) -> None:
        self._loop.waiting = [each for each in self._loop.waiting if each[2] is not self]


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def answering(loop: Loop) -> Any:
    """A connection whose caller has more to read than there is room for."""
    made: Any = connection(60)
    config = Config(nobody, lifespan="off")
    caller = made(config=config, server_state=ServerState(), app_state={}, _loop=loop)
    caller.connection_made(Transport())
    caller.on_message_begin()
    caller._forget_head()  # as when its head has come
    caller.pause_writing()
    return caller


def test_who_reads_nothing_is_let_go_when_the_time_is_over(loop: Loop, answering: Any) -> None:
    for _ in range(LOOKS - 1):
        assert loop.waiting[0][0] == 60 / LOOKS
        loop.turn()
    assert not answering.transport.aborted
    loop.turn()
    assert answering.transport.aborted
    assert loop.waiting == []


def test_who_reads_a_little_is_waited_for(loop: Loop, answering: Any) -> None:
    for _ in range(10 * LOOKS):
        answering.transport.unread -= 1
        loop.turn()
    assert not answering.transport.aborted


def test_who_has_read_all_is_not_looked_at(loop: Loop, answering: Any) -> None:
    answering.resume_writing()
    assert loop.waiting == []
    answering.pause_writing()
    assert len(loop.waiting) == 1
    answering.transport.close = lambda: None
    answering.connection_lost(None)
    assert loop.waiting == []
