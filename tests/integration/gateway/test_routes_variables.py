"""Variables over the API."""

import base64
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from services.connectors.vault import Vault
from services.gateway import variables
from shared.sealing import context_of
from shared.storage.mongo import Store
from tests.integration.gateway.api import KEY, Api

VAULT = Vault([os.urandom(32)])
SECRET = "correct-horse-battery-staple"


@pytest.fixture(scope="module")
async def api(serve: Callable[..., Any]) -> AsyncIterator[Api]:
    """A caller of a gateway that can seal."""
    key = base64.b64encode(VAULT.sealing.public).decode()
    async with (
        serve(vault_public_key=key) as service,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
    ):
        yield Api(f"http://127.0.0.1:{service.listen[1]}", session)


async def test_a_variable_is_created_read_changed_and_deleted(api: Api) -> None:
    made = await api.post("/variables", {"name": "shop", "value": {"url": "x", "n": [1, None]}})
    assert (made.status, made.body["rev"], made.body["value"]) == (201, 1, {"url": "x", "n": [1, None]})
    assert made.headers["Location"].endswith("/variables/shop")
    assert (await api.get("/variables/shop")).body == made.body
    (await api.post("/variables", {"name": "shop", "value": 1})).refused(409, "name_taken")
    changed = await api.put("/variables/shop", {"rev": 1, "value": None, "description": "d"})
    assert (changed.body["value"], changed.body["rev"], changed.body["description"]) == (None, 2, "d")
    kept = await api.put("/variables/shop", {"rev": 2, "description": "e"})
    assert (kept.body["value"], kept.body["rev"]) == (None, 3)
    (await api.put("/variables/shop", {"rev": 1, "value": 2})).refused(409, "stale_revision")
    assert (await api.call("DELETE", "/variables/shop")).status == 204
    (await api.get("/variables/shop")).refused(404, "not_found")
    (await api.put("/variables/shop", {"rev": 3})).refused(404, "not_found")


async def test_they_are_listed_by_name_page_by_page(api: Api) -> None:
    for name in ("list_c", "list_a", "list_b"):
        await api.post("/variables", {"name": name, "value": name})
    first = (await api.get("/variables?limit=2&cursor=list")).body
    rest = (await api.get(f"/variables?cursor={first['next']}")).body
    assert [each["name"] for each in first["items"]] == ["list_a", "list_b"]
    assert [each["name"] for each in rest["items"]][:1] == ["list_c"]


async def test_a_secret_one_is_sealed_and_never_shown_again(api: Api, gateway_store: Store) -> None:
    made = await api.post("/variables", {"name": "key", "value": SECRET, "secret": True})
    shown = [made, await api.get("/variables/key"), await api.get("/variables")]
    stored = str(await gateway_store["variables"].find_one({"_id": "default:key"}))
    audited = str(await gateway_store["audit"].find({}))
    assert not any(SECRET in str(each.body) for each in shown)
    assert SECRET not in stored + audited
    assert (made.body["value"], made.body["secret"]) == (None, True)
    assert _opened(stored_value := await _value(gateway_store, "key"), "key") == f'"{SECRET}"'
    assert stored_value.startswith("sealed.v1.")
    back = await api.put("/variables/key", {"rev": 1, "secret": False})
    assert "cannot be read back" in back.refused(422, "not_possible").body["detail"]
    other = await api.put("/variables/key", {"rev": 1, "value": "other"})
    assert other.body["value"] is None
    assert _opened(await _value(gateway_store, "key"), "key") == '"other"'
    plain = await api.put("/variables/key", {"rev": 2, "value": "open", "secret": False})
    assert plain.body["value"] == "open"
    sealed = await api.put("/variables/key", {"rev": 3, "secret": True})
    assert sealed.body["value"] is None
    assert _opened(await _value(gateway_store, "key"), "key") == '"open"'


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "a.b", "value": 1}, 422, "invalid_request"),
        ({"name": "$ne", "value": 1}, 422, "invalid_request"),
        ({"name": {"$ne": ""}, "value": 1}, 422, "invalid_request"),
        ({"name": "x" * 65, "value": 1}, 422, "invalid_request"),
        ({"name": "x"}, 422, "invalid_request"),
        ({"name": "x", "value": 1, "workspace_id": "other"}, 422, "invalid_request"),
        ({"name": "x", "value": "y" * 65_535}, 413, "value_too_large"),
    ],
)
async def test_what_is_no_variable_is_refused(api: Api, body: Any, status: int, code: str) -> None:
    (await api.post("/variables", body)).refused(status, code)


async def test_there_are_not_too_many(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    await api.post("/variables", {"name": "one_more", "value": 1})
    monkeypatch.setattr(variables, "MOST_VARIABLES", 1)
    (await api.post("/variables", {"name": "too_many", "value": 1})).refused(422, "too_many_variables")


async def test_without_a_vault_no_secret_is_taken(serve: Callable[..., Any]) -> None:
    async with (
        serve(vault_public_key="") as service,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
    ):
        api = Api(f"http://127.0.0.1:{service.listen[1]}", session)
        made = await api.post("/variables", {"name": "sealed", "value": SECRET, "secret": True})
        made.refused(501, "no_vault")


async def test_graphs_are_checked_against_them(api: Api) -> None:
    await api.post("/variables", {"name": "hidden", "value": 1, "secret": True})
    values = {"a": "{{ vars.hidden }}", "b": "{{ vars.nobody }}"}
    graph = {"nodes": [{"id": "a", "type": "set", "config": {"values": values}}]}
    checked = (await api.post("/graphs/validate", {"graph": graph})).body
    assert [(each["path"], each["code"]) for each in checked["problems"]] == [
        ("nodes[0].config.values.a", "secret_variable")
    ]
    assert [each["code"] for each in checked["warnings"]] == ["unknown_variable"]
    (await api.post("/runs", {"graph": graph})).refused(422, "invalid_graph")


async def _value(store: Store, name: str) -> str:
    found = await store["variables"].find_one({"_id": f"default:{name}"})
    assert found
    return found["value"]


def _opened(sealed: str, name: str) -> str:
    return VAULT.open(sealed, context_of("variable", "default", name)).decode()
