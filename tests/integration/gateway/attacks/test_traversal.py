"""Path traversal: no way through a path leads to a file, to another route or past the guard."""

import asyncio
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tests.integration.gateway.api import Planner
from tests.integration.gateway.attacks.scene import Scene, furnished
from tests.integration.gateway.attacks.walk import routes
from tests.integration.gateway.identity.people import Town

ESCAPES = (
    "..%2f..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "..%5c..%5cwindows%5cwin.ini", "%2e%2e%2f",
    "..%252f..%252f",
    "....%2f%2f", "..%c0%af..%c0%af", "..%00%2f", "%00", "file:%2f%2f%2fetc%2fpasswd", "a;%2f..%2fb", "~root",
    "..%2f..%2fopenapi.json",
)  # fmt: skip


@pytest.fixture(scope="module")
async def scene(town: Town, planner: Planner) -> Scene:
    return await furnished(town, planner)


async def asked(scene: Scene, method: str, path: str, *, known: bool = True) -> tuple[int, str]:
    """Status and body for a path that is sent exactly as it is written."""
    headers = {"Authorization": f"Bearer {scene.admin.token}"} if known else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, URL(scene.admin.root + path, encoded=True), allow_redirects=False) as answer,
    ):
        return answer.status, await answer.text()


async def test_nothing_is_behind_an_id_that_leads_elsewhere(scene: Scene) -> None:
    tried = 0

    async def one(method: str, name: str, path: str) -> None:
        status, text = await asked(scene, method, path)
        assert 400 <= status < 500, (name, path, text)
        assert "root:" not in text

    for route in await routes(scene.admin):
        for place in {*route.places, "workspace_id"}:
            if f"{{{place}}}" in route.template:
                paths = [route.path(scene.workspace, {**scene.ids, place: each}) for each in ESCAPES]
                await asyncio.gather(*(one(route.method, route.name, each) for each in paths))
                tried += len(paths)
    assert tried > 1500


async def test_no_way_leads_around_the_guard(town: Town, scene: Scene) -> None:
    """Below what is open to all, and by every other spelling of the way to what is not."""
    runs = f"/api/v1/workspaces/{scene.workspace}/runs"
    assert (await asked(scene, "GET", runs))[0] == 200
    assert (await asked(scene, "GET", runs, known=False))[0] == 401
    ways = [
        f"{open_}/{up}{runs.removeprefix('/api/v1/')}"
        for open_ in ("/api/v1/auth", "/api/v1/hooks", "/api/v1/signals", "/api/v1/oauth")
        for up in ("../", "%2e%2e/", "..%2f", "..;/", "./../")
    ]
    ways += [
        f"/docs/..{runs}", f"/healthz/..{runs}", f"/{runs}", runs.replace("/v1/", "/v1//"), f"{runs}/",
        f"{runs}//",
        runs.upper(), runs.replace("v1", "V1"), f"{runs};.json", f"{runs}%20", f"{runs}%00", f"/%2e{runs}",
        f"/api/v1/openapi.json/..{runs.removeprefix('/api/v1')}",
    ]  # fmt: skip
    stranger = await town.workspace()
    ways += [f"/api/v1/workspaces/{stranger}/../{scene.workspace}/runs"]
    assert (await asked(scene, "GET", runs.replace("/workspaces", "%2fworkspaces"), known=False))[0] == 401
    for way in ways:
        for known in (False, True):
            status, text = await asked(scene, "GET", way, known=known)
            assert status in (400, 401, 404), (way, known, status)
            assert scene.ids["run_id"] not in text


async def test_everything_is_there_for_who_asks_for_it_plainly(scene: Scene) -> None:
    """The control."""
    found: dict[str, Any] = {}
    for route in await routes(scene.admin):
        wanted = route.places and "workspace_id" in route.template and route.method == "GET"
        if wanted and "/events" not in route.template:
            path = route.path(scene.workspace, scene.ids)
            found[route.name] = (await asked(scene, "GET", path))[0]
    assert sum(status == 200 for status in found.values()) > 15, found
    assert not [name for name, status in found.items() if status not in (200, 409)], found
