"""The server that `calls` calls. Prints its port and serves until it is stopped."""

import asyncio

from aiohttp import web


async def answer_next(request: web.Request) -> web.Response:
    """`GET /next?value=v` answers `{"value": v + 1}`."""
    return web.json_response({"value": int(request.query["value"]) + 1})


async def serve() -> None:
    """Serve on a free port of the loopback interface."""
    app = web.Application()
    app.router.add_get("/next", answer_next)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
