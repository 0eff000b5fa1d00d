"""Credentials at the gateway: who may see, use, share and delete them, and what is refused."""

import base64
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from services.connectors.vault import Vault
from services.gateway.identity.keys import hashed, new_key
from shared.contracts.catalog import NodeType
from shared.contracts.credential import CredentialType
from shared.contracts.identity import ApiKey, Role
from shared.service import Service
from shared.storage.api_keys import ApiKeys
from shared.storage.credential_types import CredentialTypes
from shared.storage.credentials import Credentials, data_context
from shared.storage.mongo import Store
from shared.storage.node_types import NodeTypes
from tests.integration.gateway.api import KEY, Api, Planner

VAULT = Vault([bytes(range(32))])
PUBLIC = base64.urlsafe_b64encode(VAULT.sealing.public).decode()
STRING = {"type": "string", "minLength": 1}
SHOP = CredentialType(
    type="shop.key", title="Shop", description="",
    data_schema={
        "type": "object", "required": ["key"], "additionalProperties": False,
        "properties": {"key": {**STRING, "writeOnly": True}, "region": {**STRING, "default": "eu"}},
    },
)  # fmt: skip
SIGN_IN = CredentialType(type="shop.sign_in", title="Shop", description="", data_schema={"type": "object"})
ASK = NodeType(
    type="shop.ask", title="Ask", description="", category="shop", pool="shop", side_effects="repeatable",
    credential_type="shop.key", config_schema={"type": "object"},
)  # fmt: skip
DATA = {"key": "k-3141592653"}


@pytest.fixture(scope="module")
async def sealing(serve: Callable[..., Any], gateway_store: Store) -> AsyncIterator[Service]:
    """A gateway with a vault, that has heard of connectors."""
    await CredentialTypes(gateway_store).put([SHOP, SIGN_IN])
    await NodeTypes(gateway_store).put([ASK])
    async with serve(vault_public_key=PUBLIC, public_url="https://weft.example.com") as service:
        yield service


async def caller(store: Store, service: Service, role: Role) -> Api:
    """Another caller of the same workspace."""
    key_id, key = new_key()
    about = {"kind": "workspace", "workspace_id": "default", "role": role, "created_at": 1}
    await ApiKeys(store).insert(
        ApiKey.model_validate({"id": key_id, "name": role, "hash": hashed(key), **about})
    )
    session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"})
    return Api(f"http://127.0.0.1:{service.listen[1]}", session)


@pytest.fixture
async def people(sealing: Service, gateway_store: Store) -> AsyncIterator[list[Api]]:
    """Two editors, and an admin."""
    roles: list[Role] = ["editor", "editor", "admin"]
    found = [await caller(gateway_store, sealing, role) for role in roles]
    yield found
    for each in found:
        await each._session.close()


async def kept(api: Api, **more: Any) -> dict[str, Any]:
    made = await api.post("/credentials", {"name": "Shop", "type": "shop.key", "data": DATA, **more})
    assert made.status == 201, made.body
    return made.body


def asking(credential_id: str) -> dict[str, Any]:
    """A graph with the credential deep within a container."""
    ask = {"id": "ask", "type": "shop.ask", "config": {}, "credential_id": credential_id}
    inner = {"nodes": [ask], "edges": []}
    return {"nodes": [{"id": "try", "type": "try", "config": {"graph": inner}}], "edges": []}


async def codes(api: Api, credential_id: str, workflow_id: str | None = None) -> list[str]:
    """What a caller is told of a graph with this credential."""
    body = {"graph": asking(credential_id), "workflow_id": workflow_id}
    checked = await api.post("/graphs/validate", body)
    return [each["code"] for each in checked.body["problems"] if "credential" in each["code"]]


async def test_data_is_sealed_for_the_connectors_and_shown_to_nobody(
    people: list[Api], gateway_store: Store
) -> None:
    made = await kept(people[0], expires_at="2027-01-01T00:00:00Z")
    for answer in (made, (await people[0].get(f"/credentials/{made['id']}")).body):
        assert (answer["fields"], answer["expires_at"]) == ({"region": "eu"}, "2027-01-01T00:00:00.000Z")
        assert DATA["key"] not in str(answer)
    stored = await Credentials(gateway_store).get("default", made["id"])
    assert stored
    assert DATA["key"] not in stored.model_dump_json()
    assert VAULT.open(stored.sealed, data_context(stored)) == b'{"key":"k-3141592653"}'


async def test_a_private_one_is_its_owners_alone_until_it_is_shared(people: list[Api]) -> None:
    owner, other, admin = people
    made = await kept(owner)
    path = f"/credentials/{made['id']}"
    for method, body in (("GET", None), ("PUT", {"rev": 1, "name": "Mine"}), ("DELETE", None)):
        (await other.call(method, path, body)).refused(404, "not_found")
    assert made["id"] not in [each["id"] for each in (await other.get("/credentials")).body["items"]]
    assert made["id"] in [each["id"] for each in (await admin.get("/credentials")).body["items"]]
    assert await codes(owner, made["id"]) == []
    assert await codes(other, made["id"]) == ["unshared_credential"]
    (await other.post("/runs", {"graph": asking(made["id"])})).refused(422, "invalid_graph")
    shared = await owner.put(path, {"rev": 1, "shared": {"workspace": True}})
    assert shared.status == 200
    assert await codes(other, made["id"]) == []
    (await other.put(path, {"rev": 2, "data": {"key": "mine now"}})).refused(403, "forbidden")
    (await other.call("DELETE", path)).refused(403, "forbidden")


async def test_publishing_shares_it_with_the_workflow(people: list[Api]) -> None:
    owner, other, _ = people
    made = await kept(owner)
    workflow_id = await owner.workflow(asking(made["id"]), published=False)
    assert await codes(other, made["id"], workflow_id) == ["unshared_credential"]
    (await other.post(f"/workflows/{workflow_id}/versions")).refused(422, "invalid_graph")
    assert (await owner.post(f"/workflows/{workflow_id}/versions")).status == 201
    shown = await owner.get(f"/credentials/{made['id']}")
    assert shown.body["shared"]["workflows"] == [workflow_id]
    assert await codes(other, made["id"], workflow_id) == []
    assert await codes(other, made["id"]) == ["unshared_credential"]


async def test_who_runs_a_graph_again_has_to_have_its_credentials(
    people: list[Api], planner: Planner
) -> None:
    owner, other, _ = people
    made = await kept(owner)
    path = f"/credentials/{made['id']}"
    run_id = (await owner.post("/runs", {"graph": asking(made["id"])})).body["id"]
    await planner.next_run()
    await planner.save(run_id, "failed", "run.failed")
    refused = await other.post(f"/runs/{run_id}/rerun", {"input": {"to": "me"}})
    assert "'Shop' is not shared with you" in refused.refused(403, "forbidden").body["detail"]
    [one] = (await other.post("/runs/bulk/retry", {"ids": [run_id]})).body["results"]
    assert (one["ok"], one["failure"]["code"]) == (False, "forbidden")
    assert (await owner.post(f"/runs/{run_id}/rerun")).status == 202
    await planner.next_run()
    await owner.put(path, {"rev": 1, "shared": {"workspace": True}})
    assert (await other.post(f"/runs/{run_id}/rerun")).status == 202
    await planner.next_run()


async def test_an_older_version_is_run_again_only_with_what_is_shared_still(
    people: list[Api], planner: Planner
) -> None:
    owner, other, _ = people
    made = await kept(owner)
    workflow_id = await owner.workflow(asking(made["id"]))
    run_id = (await other.post(f"/workflows/{workflow_id}/runs")).body["id"]
    await planner.next_run()
    await planner.save(run_id, "failed", "run.failed")
    assert (await other.post(f"/runs/{run_id}/rerun", {"version": 1})).status == 202
    await planner.next_run()
    rev = (await owner.get(f"/credentials/{made['id']}")).body["rev"]
    unshared = await owner.put(f"/credentials/{made['id']}", {"rev": rev, "shared": {"workflows": []}})
    assert unshared.status == 200
    refused = await other.post(f"/runs/{run_id}/rerun", {"version": 1})
    assert "no longer shared with this workflow" in refused.refused(403, "forbidden").body["detail"]


async def test_a_graph_is_told_of_credentials_that_do_not_fit(people: list[Api]) -> None:
    other_type = await kept(people[0], type="shop.sign_in", data={"grant": "none"})
    assert await codes(people[0], other_type["id"]) == ["wrong_credential"]
    assert await codes(people[0], "cred_of_nobody") == ["unknown_credential"]


async def test_one_that_is_used_is_deleted_only_by_force(people: list[Api]) -> None:
    owner = people[0]
    made = await kept(owner)
    workflow_id = await owner.workflow(asking(made["id"]), published=False)
    refused = await owner.call("DELETE", f"/credentials/{made['id']}")
    assert workflow_id in refused.refused(409, "credential_in_use").body["errors"][0]["message"]
    assert (await owner.call("DELETE", f"/credentials/{made['id']}?force=true")).status == 204
    (await owner.get(f"/credentials/{made['id']}")).refused(404, "not_found")


async def test_those_that_expire_soon_can_be_asked_for(people: list[Api]) -> None:
    old = await kept(people[0], name="Old", expires_at="2020-01-01T00:00:00+02:00")
    await kept(people[0], name="Young", expires_at="2999-01-01T00:00:00Z")
    found = await people[0].get("/credentials?expiring_days=30&type=shop.key")
    assert [each["id"] for each in found.body["items"] if each["owner"] == old["owner"]] == [old["id"]]
    assert old["expiring"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x", "type": "shop.key", "data": {}}, "invalid_data"),
        ({"name": "x", "type": "shop.key", "data": {"key": 7}}, "invalid_data"),
        ({"name": "x", "type": "shop.key", "data": {"key": "k", "more": 1}}, "invalid_data"),
        ({"name": "x", "type": "no.such", "data": DATA}, "unknown_credential_type"),
        ({"name": "x", "type": {"$ne": ""}, "data": DATA}, "invalid_request"),
        ({"name": "x", "type": "shop.key", "data": DATA, "owner": "somebody"}, "invalid_request"),
        ({"name": "x", "type": "shop.key", "data": DATA, "expires_at": "soon"}, "invalid_request"),
        ({"name": "x", "type": "shop.key", "data": DATA, "shared": {"all": True}}, "invalid_request"),
        ({"name": "x", "type": "shop.key", "data": {"key": "k" * 200_000}}, "value_too_large"),
    ],
)
async def test_bad_input_is_refused_and_secrets_are_not_repeated(
    people: list[Api], body: dict[str, Any], code: str
) -> None:
    answer = await people[0].post("/credentials", body)
    answer.refused(413 if code == "value_too_large" else 422, code)
    assert DATA["key"] not in str(answer.body)


async def test_a_sign_in_leads_to_the_other_side_with_a_challenge(people: list[Api]) -> None:
    data = {
        "grant": "authorization_code", "authorize_url": "https://shop.example.com/authorize?tenant=7",
        "client_id": "weft", "scopes": ["a", "b"], "extra": {"access_type": "offline"},
    }  # fmt: skip
    made = await kept(people[0], type="shop.sign_in", data=data)
    begun = await people[0].post(f"/credentials/{made['id']}/authorize")
    assert begun.status == 200
    query = dict(each.split("=") for each in begun.body["url"].partition("?")[2].split("&"))
    assert query.keys() == {
        "tenant", "access_type", "scope", "response_type", "client_id", "redirect_uri", "state",
        "code_challenge", "code_challenge_method",
    }  # fmt: skip
    cookie = begun.headers["Set-Cookie"].lower()
    assert all(
        each in cookie for each in ("httponly", "secure", "samesite=lax", "path=/api/v1/oauth/callback")
    )
    sent = {"state": query["state"], "code": "c"}
    (await people[2].post(f"/credentials/{made['id']}/connect", sent)).refused(404, "unknown_sign_in")
    (await people[0].get(f"/api/v1/oauth/callback?state={query['state']}&code=c")).refused(
        403, "other_browser"
    )
    (await people[0].get("/api/v1/oauth/callback?state=made-up&code=c")).refused(404, "unknown_sign_in")
    (await people[1].post(f"/credentials/{made['id']}/authorize")).refused(404, "not_found")
    shop = await kept(people[0])
    (await people[0].post(f"/credentials/{shop['id']}/authorize")).refused(409, "no_sign_in")


async def test_without_a_vault_nothing_secret_is_taken(serve: Callable[..., Any]) -> None:
    key = {"Authorization": f"Bearer {KEY}"}
    async with serve(vault_public_key="") as bare, aiohttp.ClientSession(headers=key) as session:
        api = Api(f"http://127.0.0.1:{bare.listen[1]}", session)
        wanted = {"name": "x", "type": "shop.key", "data": DATA}
        (await api.post("/credentials", wanted)).refused(501, "no_vault")


async def test_types_are_listed_and_keys_counted_for_owners_only(people: list[Api], sealing: Service) -> None:
    listed = await people[0].get("/api/v1/credential-types")
    assert [each["type"] for each in listed.body["items"]] == ["shop.key", "shop.sign_in"]
    (await people[2].get("/api/v1/vault")).refused(403, "forbidden")
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        owner = Api(people[0].root, session)
        counted = await owner.get("/api/v1/vault")
    assert counted.body["kid"] == VAULT.sealing.kid
    assert VAULT.sealing.kid in counted.body["sealed"]
    assert counted.body["old"] == 0


async def test_what_does_not_fit_is_told_without_repeating_it(people: list[Api]) -> None:
    for data in ({"key": 3141592653}, {"key": ["k-3141592653"]}, {"key": "k", "region": {"k-3141592653": 1}}):
        body = {"name": "Shop", "type": "shop.key", "data": data}
        refused = (await people[0].post("/credentials", body)).refused(422, "invalid_data")
        assert refused.body["errors"][0]["message"] == "it does not meet type: string"
        assert "3141592653" not in str(refused.body)
    missing = await people[0].post("/credentials", {"name": "Shop", "type": "shop.key", "data": {}})
    assert "'key' is a required property" in missing.refused(422, "invalid_data").body["detail"]
