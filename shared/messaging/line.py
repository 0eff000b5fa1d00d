"""The connection to the broker as a publisher sees it: whether it is there, and whether it takes messages.

A peer that vanishes without a word is found dead by its silence, a channel that does not come back by looking
at it now and then; both end in a new connection, on which everything is declared and consumed again."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, cast

from aio_pika.abc import AbstractRobustChannel, AbstractRobustConnection
from aiormq import Channel as RawChannel
from yarl import URL

from shared.telemetry import logger

HEARTBEAT_S = 5
"""A peer is given up after three of these without a frame (18 to 20 s); RabbitMQ gives us up after two."""
RECONNECT_S = 1.0
"""Pause between attempts to connect, after those that succeed as well: a storm does not make us spin."""
READY_S = 5.0
"""How long a publication waits for a connection."""
LOOK_EVERY_S = 1.0
MOST_LOOKS = 5
AWAY = "not connected to RabbitMQ"
BLOCKED = "RabbitMQ takes no messages: it is short of memory or disk space"


class Blocked(ConnectionError):
    """The broker has an alarm: it takes no messages until it has memory and disk space again."""


def broker_url(url: str, name: str) -> str:
    """The URL with our name and heartbeat; what it says of its own counts."""
    given = URL(url)
    return str(given.with_query({"heartbeat": str(HEARTBEAT_S), **given.query, "name": name}))


class Line:
    """One robust connection."""

    def __init__(self, connection: AbstractRobustConnection) -> None:
        self._connection = connection
        self._restoring = False
        connection.close_callbacks.add(self._closed)
        connection.reconnect_callbacks.add(self._restored)

    @property
    def trouble(self) -> str:
        """Why nothing can be published now; empty when nothing is known to be in the way. That it is blocked
        the broker tells only who tries to publish."""
        transport = self._connection.transport
        if transport is None or not self._connection.connected.is_set():
            return AWAY
        return BLOCKED if _waits(transport.connection.ready()) else ""

    async def up(self, within_s: float) -> None:
        """Return once messages are taken. Raises ConnectionError when there is no connection in time, and
        Blocked at once: an alarm lasts."""
        trouble = self.trouble
        if trouble == AWAY and within_s:
            try:
                async with asyncio.timeout(within_s):
                    await self._connection.ready()
            except TimeoutError:
                raise ConnectionError(AWAY) from None
            trouble = self.trouble
        if trouble:
            raise Blocked(BLOCKED) if trouble == BLOCKED else ConnectionError(AWAY)

    async def raw(self, channel: AbstractRobustChannel | None, within_s: float) -> RawChannel:
        """The channel below; aio-pika's messages cost a third of a publication. Raises as `up` does."""
        assert channel is not None, "start the bus before publishing"
        await self.up(within_s)
        if channel.is_closed and within_s:  # it comes back after its connection
            try:
                async with asyncio.timeout(within_s):
                    await channel.ready()
            except TimeoutError:
                raise ConnectionError(AWAY) from None
        return cast("RawChannel", await channel.get_underlay_channel())

    async def watch(self, dead: Callable[[], Iterable[str]]) -> None:
        """Connect anew when something that `dead` names stays dead though there is a connection: the client
        library loses a channel whose restoration has failed, and whoever consumes on it."""
        looks: dict[str, int] = {}
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            found = () if self._restoring else dead()
            looks = {each: looks.get(each, 0) + 1 for each in found}
            lost = [each for each, times in looks.items() if times >= MOST_LOOKS]
            transport = self._connection.transport
            if lost and transport is not None:
                logger.warning("broker.connecting_anew", lost=lost[:10])
                looks = {}
                self._restoring = True
                await transport.connection.close(ConnectionError(f"lost: {', '.join(lost[:10])}"))

    def _closed(self, *_: object) -> None:
        self._restoring = True

    def _restored(self, *_: object) -> None:
        """All channels are back, or are said to be."""
        self._restoring = False


def _waits(waiting: Coroutine[Any, Any, None]) -> bool:
    """Whether it would wait; the client library keeps the event to itself."""
    try:
        waiting.send(None)
    except StopIteration:
        return False
    waiting.close()
    return True
