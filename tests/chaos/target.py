"""The outside world: a server that answers, now and then fails, and writes down every request it gets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Target:
    """`ledger` counts requests by the caller's `Idempotency-Key` (`run:node`), `calls` by their path."""

    port: int = 0
    ledger: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    def url(self, node_id: str, *, answer: int = 0, slow_ms: int = 0, fails: int = 0) -> str:
        """Where a node of any run calls: it gets `answer` after `slow_ms`, once it has failed `fails`
        times."""
        query = f"answer={answer}&slow_ms={slow_ms}&fails={fails}"
        return f"http://127.0.0.1:{self.port}/call/{{{{ run.id }}}}/{node_id}?{query}"

    async def call(self, request: web.Request) -> web.Response:
        """Write it down first: a caller that is killed has called all the same."""
        self.calls[request.path] += 1
        if key := request.headers.get("Idempotency-Key"):
            self.ledger[key] += 1
        count = self.calls[request.path]
        await asyncio.sleep(int(request.query["slow_ms"]) / 1000)
        if count <= int(request.query["fails"]):
            return web.Response(status=503, text=f"call {count} fails")
        return web.json_response({"answer": int(request.query["answer"])})


@asynccontextmanager
async def serving() -> AsyncIterator[Target]:
    """A target on a free port."""
    target = Target()
    app = web.Application()
    app.router.add_route("*", "/call/{run}/{node}", target.call)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    target.port = runner.addresses[0][1]
    try:
        yield target
    finally:
        await runner.cleanup()
