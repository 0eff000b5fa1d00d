"""Whether the event loop goes on while somebody is answered."""

import asyncio
import time

MOST_S = 2.0
"""How long it may be held up, on a machine that has much else to do."""


async def beats(until: asyncio.Event) -> float:
    """How long the loop was held up at most, in seconds that this process worked: a busy machine does
    not count."""
    longest, last = 0.0, time.process_time()
    while not until.is_set():
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.process_time() - last), time.process_time()
    return longest
