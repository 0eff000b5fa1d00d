"""Who may see, make and use which triggers: roles in the workspace, and grants for single workflows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from services.gateway.identity.keys import hashed, new_key
from shared.contracts.identity import ApiKey, Grant, Granted, Member, User
from shared.ids import new_id
from shared.service import Service
from shared.storage.api_keys import ApiKeys
from shared.storage.mongo import Store
from shared.storage.people import Users
from shared.storage.workspaces import Grants, Members
from tests.integration.gateway.api import Api, Planner
from tests.integration.gateway.triggers import HOURLY, made


@dataclass
class Scene:
    """A viewer who may edit one workflow and is not to know of another; a trigger of each, by grant."""

    viewer: Api
    triggers: dict[Granted, dict[str, Any]]

    def path(self, granted: Granted) -> str:
        """The trigger of the workflow for which they have this."""
        return f"/triggers/{self.triggers[granted]['id']}"


@pytest.fixture
async def scene(api: Api, gateway: Service, gateway_store: Store) -> AsyncIterator[Scene]:
    """Everything in the workspace `default`."""
    user = User(id=new_id("usr"), email=f"{new_id('x')}@example.org", created_at=0)
    await Users(gateway_store).insert(user)
    await Members(gateway_store).insert(
        Member(workspace_id="default", user_id=user.id, role="viewer", created_at=0)
    )
    triggers: dict[Granted, dict[str, Any]] = {}
    for role in ("editor", "none", "viewer"):
        triggers[role] = await made(api, HOURLY)
        grant = Grant(workspace_id="default", workflow_id=triggers[role]["workflow_id"], user_id=user.id,
                      role=role, created_at=0)  # fmt: skip
        await Grants(gateway_store).put(grant)
    key_id, key = new_key()
    stored = ApiKey(id=key_id, kind="personal", name="k", hash=hashed(key), user_id=user.id, created_at=0)
    await ApiKeys(gateway_store).insert(stored)
    async with aiohttp.ClientSession(headers={"X-API-Key": key}) as session:
        yield Scene(Api(f"http://127.0.0.1:{gateway.listen[1]}", session), triggers)


async def test_what_is_hidden_is_not_to_be_found(scene: Scene) -> None:
    listed = {each["id"] for each in (await scene.viewer.get("/triggers?limit=200")).body["items"]}
    assert {role: each["id"] in listed for role, each in scene.triggers.items()} == {
        "editor": True, "none": False, "viewer": True,
    }  # fmt: skip
    for path in ("", "/times", "/runs"):
        assert (await scene.viewer.get(scene.path("viewer") + path)).status == 200
        (await scene.viewer.get(scene.path("none") + path)).refused(404, "not_found")


async def test_who_only_looks_changes_and_starts_nothing(scene: Scene) -> None:
    span = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    for method, path, body in (
        ("PUT", "", {"rev": 1, "name": "x", "config": HOURLY}),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("POST", "/run", {}),
        ("POST", "/backfill", span),
        ("DELETE", "", None),
    ):
        (await scene.viewer.call(method, scene.path("viewer") + path, body)).refused(403, "forbidden")
        (await scene.viewer.call(method, scene.path("none") + path, body)).refused(404, "not_found")


async def test_a_grant_lets_one_make_change_and_use_triggers_of_that_workflow(
    scene: Scene, planner: Planner
) -> None:
    ids = {role: each["workflow_id"] for role, each in scene.triggers.items()}
    new = {"name": "x", "config": HOURLY}
    assert (await scene.viewer.post("/triggers", {**new, "workflow_id": ids["editor"]})).status == 201
    (await scene.viewer.post("/triggers", {**new, "workflow_id": ids["viewer"]})).refused(403, "forbidden")
    (await scene.viewer.post("/triggers", {**new, "workflow_id": ids["none"]})).refused(404, "not_found")
    started = await scene.viewer.post(scene.path("editor") + "/run")
    assert (await planner.next_run()).id == started.body["id"]
    assert (await scene.viewer.post(scene.path("editor") + "/pause")).status == 200
    assert (await scene.viewer.call("DELETE", scene.path("editor"))).status == 204


async def test_nobody_follows_what_they_may_not_read(scene: Scene) -> None:
    ids = {role: each["workflow_id"] for role, each in scene.triggers.items()}

    async def follow(workflow_id: str | None) -> Any:
        config = {"kind": "workflow", "on": "any", **({"workflow_id": workflow_id} if workflow_id else {})}
        body = {"workflow_id": ids["editor"], "name": "x", "config": config}
        return await scene.viewer.post("/triggers", body)

    assert (await follow(ids["viewer"])).status == 201
    (await follow(ids["none"])).refused(404, "not_found")
    (await follow(None)).refused(403, "forbidden")
