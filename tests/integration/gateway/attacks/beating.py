"""Whether the event loop goes on while somebody is answered."""

import asyncio
import time

MOST_S = 2.0
"""How long it may be held up, on a machine that has much else to do."""


async def beats(until: asyncio.Event) -> float:
    """The longest time, until then, that the loop was held up."""
    longest, last = 0.0, time.monotonic()
    while not until.is_set():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    return longest
