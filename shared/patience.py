"""Waiting for a store or broker that is away, instead of failing work that is none of their business."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aio_pika.exceptions import AMQPError
from aiormq.exceptions import ChannelInvalidStateError

from shared.storage.trouble import may_pass
from shared.telemetry import logger

T = TypeVar("T")
AWAY = (AMQPError, ChannelInvalidStateError, ConnectionError, TimeoutError)
LONGEST_WAIT_S = 5.0


def is_away(error: BaseException) -> bool:
    """Whether this says that store or broker cannot be reached, or cannot write, for now; False when asking
    again cannot help."""
    return isinstance(error, AWAY) or may_pass(error)


def heed_cancel() -> None:
    """Raises CancelledError when the current task has been told to end. Python's `wait_for`, with which the
    store's driver waits, loses such a word when what it waits for ends in the same moment: who goes on for
    ever has to look."""
    current = asyncio.current_task()
    if current is not None and current.cancelling():
        raise asyncio.CancelledError


async def patiently(do: Callable[[], Awaitable[T]], what: str) -> T:
    """The result of `do`, tried again for as long as store or broker are away. It must be harmless to
    repeat."""
    wait_s = 0.1
    while True:
        try:
            return await do()
        except Exception as error:
            if not is_away(error):
                raise
            heed_cancel()
            logger.warning("waiting", what=what, error=f"{type(error).__name__}: {error}"[:300])
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, LONGEST_WAIT_S)
