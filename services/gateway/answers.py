"""Waiting for hints that name an id."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Answers:
    """Who waits for which."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[None]] = {}

    @contextmanager
    def to(self, asked_id: str) -> Iterator["asyncio.Future[None]"]:
        """Done when the hint has come."""
        waiting = self._waiting[asked_id] = asyncio.get_running_loop().create_future()
        try:
            yield waiting
        finally:
            del self._waiting[asked_id]

    def heard(self, asked_id: str) -> None:
        """The hint has come."""
        waiting = self._waiting.get(asked_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
