"""A good client of the gateway: one key for each thing it wants, and the same request again when it was not
heard."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson

AWAY = (aiohttp.ClientError, TimeoutError, ConnectionError)
PATIENCE_S = 180
PAUSE_S, LONGEST_PAUSE_S = 0.2, 2.0


class ChaosError(Exception):
    """The harness itself is at its end; the message says what it waited for."""


@dataclass
class Caller:
    """`heard` counts answers by status, and those that never came; `faults` are those that only a fault of
    the gateway explains."""

    session: aiohttp.ClientSession
    urls: Sequence[str]
    path: str
    heard: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list[str])
    turn: int = 0

    async def send(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """Status and body of the answer; `path` is one under the workspace, or begins with `/api/`. Raises
        ChaosError when there is no answer for three minutes."""
        headers = {"Idempotency-Key": key} if key else {}
        raw = None if body is None else orjson.dumps(body)
        pause_s = PAUSE_S
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    status, found = await self._once(method, path, raw, headers)
                    if 0 < status < 500:
                        return status, found
                    await asyncio.sleep(pause_s)
                    pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        except TimeoutError:
            raise ChaosError(f"no answer to {method} {path} within {PATIENCE_S} s") from None

    async def _once(
        self, method: str, path: str, raw: bytes | None, headers: dict[str, str]
    ) -> tuple[int, Any]:
        self.turn += 1
        root = self.urls[self.turn % len(self.urls)]
        url = f"{root}{path if path.startswith('/api/') else self.path + path}"
        try:
            async with self.session.request(
                method, url, data=raw, headers=headers | {"Content-Type": "application/json"}
            ) as response:
                text = await response.read()
        except AWAY as error:
            self.heard[type(error).__name__] += 1
            return 0, None
        self.heard[str(response.status)] += 1
        found = orjson.loads(text) if text else None
        if response.status >= 500 and response.status != 503:
            self.faults.append(f"{method} {path}: {response.status} {text[:300]!r}")
        return response.status, found
