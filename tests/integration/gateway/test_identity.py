"""Who may ask: nobody without the key, on any route but health and docs."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from shared.service import Service
from tests.integration.gateway.api import KEY, Api

OPEN = ("/healthz", "/readyz", "/metrics", "/docs", "/api/v1/openapi.json", "/api/v1/asyncapi.json")


@pytest.fixture
async def stranger(gateway: Service) -> AsyncIterator[Api]:
    """A caller without a key."""
    async with aiohttp.ClientSession() as session:
        yield Api(f"http://127.0.0.1:{gateway.listen[1]}", session)


async def test_every_route_is_closed_without_a_key(api: Api, stranger: Api) -> None:
    paths = (await api.get("/api/v1/openapi.json")).body["paths"]
    routes = [
        (method.upper(), path)
        for path, methods in paths.items()
        for method, route in methods.items()
        if not path.startswith(("/api/v1/signals/", "/api/v1/oauth/", "/api/v1/hooks/", "/api/v1/auth/"))
        or path.endswith("-everywhere")
    ]
    assert len(routes) >= 58
    for method, path in routes:
        filled = re.sub(r"\{workspace_id\}", "default", path)
        filled = re.sub(r"\{\w+\}", "1", filled)
        answer = (await stranger.call(method, filled)).refused(401, "unauthorized")
        assert answer.headers["www-authenticate"]


async def test_what_does_not_exist_is_closed_too(stranger: Api) -> None:
    (await stranger.get("/nothing")).refused(401, "unauthorized")
    (await stranger.get("/api/v1/workspaces/other/runs")).refused(401, "unauthorized")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {KEY}x"},
        {"X-API-Key": ""},
        {"X-API-Key": KEY[:-1]},
    ],
)
async def test_wrong_keys_are_refused(stranger: Api, headers: dict[str, str]) -> None:
    (await stranger.get("/runs", headers=headers)).refused(401, "unauthorized")


@pytest.mark.parametrize("headers", [{"Authorization": f"bearer {KEY}"}, {"X-API-Key": KEY}])
async def test_the_key_comes_in_either_header(stranger: Api, headers: dict[str, str]) -> None:
    assert (await stranger.get("/runs", headers=headers)).status == 200


@pytest.mark.parametrize("path", OPEN)
async def test_health_and_docs_are_open(stranger: Api, path: str) -> None:
    assert (await stranger.get(path)).status == 200
