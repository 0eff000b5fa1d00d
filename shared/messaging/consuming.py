"""Consuming a queue: decode, hand over, acknowledge.

FastStream's handler machinery (an exit stack, context scopes and middlewares a message) costs more than most
handlers here do, and aio-pika's message objects half as much again. So deliveries come as aiormq, which both
stand on, reads them; FastStream keeps the connection, and aio-pika brings channels and queues back."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aio_pika.abc import AbstractRobustChannel
from aiormq import Channel
from aiormq.abc import DeliveredMessage
from aiormq.exceptions import AMQPError, ChannelInvalidStateError
from pamqp.commands import Basic
from pydantic import ValidationError

from shared.contracts.events import Message
from shared.telemetry import logger

COMPANY_S = 0.05
"""How long an acknowledgement waits for others: in a quorum queue each is written to disk on its own."""
UNHEARD_S = 10.0
"""Where nothing has come of a publication for so long, the consumer begins again."""
ANEW_S = 15.0
"""How long a consumer of a shared queue waits for messages before it asks for them anew."""


class Poison(Exception):
    """A message that can never be handled; it goes to the dead letters."""


@dataclass(frozen=True)
class Delivery:
    """A message as it arrived: its content, its trace, and the means to acknowledge it before the handler
    returns. `redelivered` says that somebody had it before; `raw` is what the client library knows of it."""

    message: Any
    traceparent: str
    raw: DeliveredMessage
    redelivered: bool = False
    acknowledge: Callable[[], None] = lambda: None

    async def ack(self) -> None:
        """Take responsibility now; a handler that returns without it is acknowledged then."""
        self.acknowledge()


Handler = Callable[[Delivery], Awaitable[None]]


class Acks:
    """Acknowledges the deliveries of one channel many at a time. What has not been told when the connection
    is lost comes again, as does what was under way."""

    def __init__(self, channel: Channel, *, limit: int) -> None:
        self.channel = channel
        self._limit = limit
        self._open: set[int] = set()
        self._done: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._telling: set[asyncio.Task[None]] = set()

    def opened(self, tag: int) -> None:
        """A delivery has come in."""
        self._open.add(tag)

    def done(self, tag: int) -> None:
        """It may be acknowledged; once is enough."""
        if tag not in self._open:
            return
        self._open.discard(tag)
        self._done.add(tag)
        if len(self._done) >= self._limit:
            self._tell_soon()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(COMPANY_S, self._tell_soon)

    def rejected(self, tag: int) -> bool:
        """Whether it was still to be settled; somebody else does that then."""
        found = tag in self._open
        self._open.discard(tag)
        return found

    async def tell(self) -> None:
        """Tell the broker now. A closed channel has nothing to acknowledge."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        done, self._done = self._done, set()
        try:
            for tag, multiple in together(done, self._open):
                await self.channel.basic_ack(tag, multiple=multiple, wait=False)
        except (AMQPError, ChannelInvalidStateError, ConnectionError) as error:
            logger.info("acks.lost", error=f"{type(error).__name__}: {error}"[:300], messages=len(done))

    def _tell_soon(self) -> None:
        telling = asyncio.create_task(self.tell())
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)


def together(done: set[int], still_open: set[int]) -> list[tuple[int, bool]]:
    """The acknowledgements for `done`: one for all tags below the first open one, one for each above it."""
    first_open = min(still_open, default=None)
    below = [tag for tag in done if first_open is None or tag < first_open]
    above = sorted(done.difference(below))
    return [*([(max(below), True)] if below else []), *((tag, False) for tag in above)]


class Consumer:
    """Hands the messages of one queue to `handler`, as many at once as `prefetch` lets through. It has the
    channel for itself, on which the queue was declared. A queue that is not `shared` has one consumer that
    gets everything."""

    def __init__(
        self,
        channel: AbstractRobustChannel,
        queue: str,
        handler: Handler,
        models: Mapping[str, type[Message]],
        *,
        prefetch: int,
        shared: bool,
        no_ack: bool,
    ) -> None:
        self._channel = channel
        self.queue = queue
        self._handler = handler
        self._models = models
        self._prefetch = prefetch
        self._shared = shared
        self._no_ack = no_ack
        self.consuming = self._closed = False
        self._beginning = asyncio.Lock()
        self._raw: Channel | None = None
        self._tag: str | None = None
        self._acks: Acks | None = None
        self._closing: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[Any]] = set()
        self._expecting: float | None = None
        self._begun_at = self._heard_at = 0.0

    async def start(self) -> None:
        """Begin, and begin again whenever the connection has been lost; harmless when it has begun, or has
        been closed."""
        if not self.consuming and not self._closed:
            self._channel.reopen_callbacks.add(self._consume)
            self.consuming = True
            await self._consume(self._channel)

    @property
    def dead(self) -> bool:
        """Whether it ought to consume and does not, for now at least."""
        gone = self._raw is None or self._raw.is_closed or self._tag not in self._raw.consumers
        return self.consuming and gone

    async def cancel(self) -> None:
        """Take nothing new; others get what comes in from now on. It may be started again."""
        self.consuming = False
        self._channel.reopen_callbacks.discard(self._consume)
        raw, tag, self._tag = self._raw, self._tag, None
        if raw is not None and tag is not None and not raw.is_closed:
            await raw.basic_cancel(tag)

    def expect(self, since: float) -> None:
        """Something has been put into the queue, not before `since` (on the loop's clock): it may have come
        in already."""
        if self.consuming and self._expecting is None and self._heard_at < since:
            self._expecting = since

    async def doubt(self) -> None:
        """Make sure that the broker gives its messages to this consumer. Of a queue that somebody declares
        again as soon as it is deleted it says nothing: it may have forgotten who consumed it, or send what
        never arrives. A shared queue is asked anew when nothing has come for long. Who asks anew for another
        stands behind all who asked before, and what is transient would go: only when nothing has come of what
        was put in."""
        if not self.consuming or self.dead or len(self._under_way) >= self._prefetch:
            return
        now = _now()
        if self._expecting is not None and now - self._expecting >= UNHEARD_S:
            self._begin_again(f"nothing comes of what is put into {self.queue}")
        elif self._shared and now - max(self._begun_at, self._heard_at) >= ANEW_S:
            await self._ask_anew()

    async def close(self) -> None:
        """The same for good."""
        self._closed = True
        await self.cancel()

    async def drain(self, within_s: float) -> None:
        """Return when the handlers under way have, and what they did is acknowledged."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=within_s)
        if self._acks is not None:
            await self._acks.tell()

    async def _consume(self, _channel: Any) -> None:
        """Tags begin anew on each channel below, and go on where the consumer was cancelled in between."""
        async with self._beginning:
            raw = cast("Channel", await self._channel.get_underlay_channel())
            if not self.consuming or (self._tag is not None and self._raw is raw):
                return
            self._raw = raw
            self._expecting, self._begun_at = None, _now()
            if self._acks is None or self._acks.channel is not raw:
                self._acks = None if self._no_ack else Acks(raw, limit=max(1, self._prefetch // 2))
            raw.on_consumer_cancel_callbacks.add(self._cancelled)
            begun = await raw.basic_consume(self.queue, self._take, no_ack=self._no_ack)
            if self.consuming:
                self._tag = begun.consumer_tag
            elif begun.consumer_tag:
                await raw.basic_cancel(begun.consumer_tag)

    async def _ask_anew(self) -> None:
        """Where this fails, the consumer is dead, and comes back as all that are."""
        raw, tag, self._tag = self._raw, self._tag, None
        assert raw is not None, "it consumes"
        await raw.basic_cancel(tag or "")
        await self._consume(self._channel)

    async def _cancelled(self, _frame: Basic.Cancel) -> None:
        """The broker says that the queue is gone."""
        self._begin_again(f"{self.queue} has been deleted")

    def _begin_again(self, why: str) -> None:
        """Closed with an error, the channel comes back, declares the queue again and consumes; harmless when
        it does not consume."""
        if self._raw is not None and self._tag is not None:
            logger.warning("consumer.begins_again", why=why)
            self._closing = asyncio.create_task(self._raw.close(ConnectionError(why)))

    async def _take(self, raw: DeliveredMessage) -> None:
        self._expecting, self._heard_at = None, _now()
        acks, tag = self._acks, raw.delivery_tag or 0
        if acks and acks.channel is not raw.channel:
            return  # of a connection that has been lost meanwhile: it comes again
        if acks:
            acks.opened(tag)
        current = asyncio.current_task()
        assert current is not None
        self._under_way.add(current)
        try:
            await self._handler(self._delivery(raw, acks, tag))
        except Exception as error:
            if not isinstance(error, Poison):
                logger.exception("message.failed", queue=self.queue, key=raw.routing_key)
            if acks and acks.rejected(tag):
                await acks.channel.basic_reject(tag, requeue=False)
        else:
            if acks:
                acks.done(tag)
        finally:
            self._under_way.discard(current)

    def _delivery(self, raw: DeliveredMessage, acks: Acks | None, tag: int) -> Delivery:
        trace = (raw.header.properties.headers or {}).get("traceparent", "")
        return Delivery(
            decoded(raw, self._models),
            str(trace),
            raw,
            bool(raw.redelivered),
            (lambda: acks.done(tag)) if acks else (lambda: None),
        )


def _now() -> float:
    return asyncio.get_running_loop().time()


def decoded(raw: DeliveredMessage, models: Mapping[str, type[Message]]) -> Message:
    """The message; raises Poison when it is none of `models`."""
    event = raw.header.properties.message_type or ""
    model = models.get(event)
    if model is None:
        logger.error("message.poison", reason=f"unexpected type {event!r}", key=raw.routing_key)
        raise Poison(f"a message of type {event!r} does not belong on this queue")
    try:
        return model.model_validate_json(raw.body)
    except ValidationError as error:
        reason = str(error.errors(include_input=False, include_url=False)[:3])
        logger.error("message.poison", reason=reason, key=raw.routing_key)
        raise Poison(f"not a {event}: {reason}") from None
