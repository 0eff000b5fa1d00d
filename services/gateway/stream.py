"""A run's events: from the store, then live, without a gap and without a double."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import orjson
from pymongo.errors import PyMongoError

from services.gateway.parts import Gateway
from services.gateway.present import event_shown, iso
from services.gateway.watch import Follower, News
from shared.contracts.events import Change, NodeProgress
from shared.contracts.run import RUN_FINISHED, Event, Run
from shared.storage.trouble import cannot_be_reached
from shared.telemetry import logger

HEARTBEAT = b": still here\n\n"
SHUT = b": your access has ended\n\n"
INTERRUPTED = b": the store cannot be reached; come back with Last-Event-ID\nretry: 2000\n\n"


async def recorded(gateway: Gateway, run: Run, after: int) -> dict[int, Event]:
    """A run's events after `after`, in order. `run` has to be read first: what its outbox no longer holds by
    then is in `run_events`."""
    kept = {int(seq): event for seq, event in run.outbox.items() if int(seq) > after}
    return dict(sorted({**kept, **await gateway.run_events.after(run.id, after)}.items()))


class Stream:
    """One caller's view of one run: `last` is the number of the last event sent. Nothing is told any more
    once the caller `may` not have it."""

    def __init__(self, gateway: Gateway, run: Run, after: int, may: Callable[[], Awaitable[bool]]) -> None:
        self._gateway = gateway
        self._may = may
        self._workspace_id = run.workspace_id
        self._run_id = run.id
        self._last = after
        self._ended = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Ends early, and says so, when the store is away: who comes back with the last id misses nothing."""
        try:
            async for text in self._texts():
                yield text
        except PyMongoError as error:
            if not cannot_be_reached(error):
                raise
            logger.warning("stream.interrupted", run_id=self._run_id, error=f"{type(error).__name__}"[:300])
            yield INTERRUPTED

    async def _texts(self) -> AsyncIterator[bytes]:
        with self._gateway.watchers.follow(self._run_id) as follower:
            yield await self._from_store()
            while not (self._ended or follower.closed):
                news = await follower.take(self._gateway.heartbeat_s)
                if not await self._may():
                    yield SHUT
                    return
                if text := await self._told(news, follower):
                    yield text
                elif not (news or follower.closed):
                    yield HEARTBEAT

    async def _told(self, news: Sequence[News], follower: Follower) -> bytes:
        """What the news amount to. Whenever an event may be missing, the store is asked instead."""
        text = b""
        if follower.behind or not news:
            follower.behind = False
            text = await self._from_store()
        for each in news:
            if isinstance(each, NodeProgress):
                text += _progress(each)
            elif not self._ended:
                text += self._live(each) if self._follows(each) else await self._from_store()
        return text

    async def _from_store(self) -> bytes:
        run = await self._gateway.run(self._workspace_id, self._run_id)
        text = b""
        if run.seq > self._last:  # else there is nothing to read: most streams are silent most of the time
            text = self._sent(await recorded(self._gateway, run, self._last))
        self._ended = run.status in RUN_FINISHED
        return text

    def _follows(self, change: Change) -> bool:
        """Whether nothing is missing between what was sent and this change."""
        return min(map(int, change.events), default=self._last) <= self._last + 1

    def _live(self, change: Change) -> bytes:
        text = self._sent({int(seq): change.events[seq] for seq in sorted(change.events, key=int)})
        self._ended = change.status in RUN_FINISHED
        return text

    def _sent(self, events: dict[int, Event]) -> bytes:
        new = {seq: event for seq, event in events.items() if seq > self._last}
        self._last = max(new, default=self._last)
        return b"".join(_event(self._run_id, seq, event) for seq, event in new.items())


def _event(run_id: str, seq: int, event: Event) -> bytes:
    data = orjson.dumps(event_shown(run_id, seq, event))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (seq, event.type.encode(), data)


def _progress(message: NodeProgress) -> bytes:
    """Without an id: it is not recorded, and nothing resumes after it."""
    data = orjson.dumps({**message.model_dump(exclude={"at"}), "at": iso(message.at)})
    return b"event: node.progress\ndata: %s\n\n" % data
