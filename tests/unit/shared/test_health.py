"""What a service says of itself to whoever watches it."""

from typing import Any

import orjson

from shared.health import HealthApp


async def asked(health: HealthApp, path: str) -> tuple[int, Any]:
    """Status and body, as a server would get them."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await health({"type": "http", "path": path}, None, send)
    kind = dict(sent[0]["headers"])[b"content-type"]
    body = sent[1]["body"]
    return sent[0]["status"], orjson.loads(body) if kind == b"application/json" else body.decode()


async def fine() -> None:
    """Nothing is wrong."""


async def broken() -> None:
    raise ConnectionError("nobody there")


async def test_it_is_alive_before_it_is_ready() -> None:
    health = HealthApp({"broker": fine})
    assert await asked(health, "/healthz") == (200, {"status": "ok"})
    status, body = await asked(health, "/readyz")
    assert (status, body["problems"]) == (503, {"service": "starting or stopping"})
    health.started = True
    await health.wait_started()
    assert await asked(health, "/readyz") == (200, {"status": "ready", "problems": {}})


async def test_it_names_what_it_cannot_reach() -> None:
    health = HealthApp({"broker": broken, "store": fine})
    health.started = True
    assert await asked(health, "/readyz") == (
        503,
        {"status": "not ready", "problems": {"broker": "ConnectionError: nobody there"}},
    )
    assert (await asked(health, "/healthz"))[0] == 200, "a restart would not help"


async def test_it_is_not_ready_any_more_once_it_stops() -> None:
    health = HealthApp({})
    health.started = True
    health.started = False
    assert (await asked(health, "/readyz"))[0] == 503


async def test_metrics_are_for_prometheus_and_other_paths_are_not_found() -> None:
    status, text = await asked(HealthApp({}), "/metrics")
    assert status == 200
    assert "# TYPE python_info gauge" in text
    assert (await asked(HealthApp({}), "/secrets"))[0] == 404
