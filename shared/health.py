"""`/healthz`, `/readyz` and `/metrics` of every service, as a bare ASGI app."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

Check = Callable[[], Awaitable[None]]
HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class HealthApp:
    """Alive as long as it answers; ready when `started` is set and every check returns without raising."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._started = asyncio.Event()

    @property
    def started(self) -> bool:
        """Whether the service works: connected, consuming, not stopping."""
        return self._started.is_set()

    @started.setter
    def started(self, value: bool) -> None:
        self._started.set() if value else self._started.clear()

    async def wait_started(self) -> None:
        """Return once the service works."""
        await self._started.wait()

    async def problems(self) -> dict[str, str]:
        """What keeps the service from working, by name; empty when it is ready."""
        found = {} if self.started else {"service": "starting or stopping"}
        for name, check in self._checks.items():
            try:
                await check()
            except Exception as error:
                found[name] = f"{type(error).__name__}: {error}"[:300]
        return found

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        status, kind, body = await self._answer(scope["path"])
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
        if path == "/healthz":
            return 200, "application/json", b'{"status":"ok"}'
        if path == "/readyz":
            found = await self.problems()
            body = orjson.dumps({"status": "not ready" if found else "ready", "problems": found})
            return (503 if found else 200), "application/json", body
        return 404, "application/json", b'{"code":"not_found"}'
