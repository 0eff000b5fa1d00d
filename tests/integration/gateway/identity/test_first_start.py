"""The first start: somebody to begin with, told once, however many gateways start at the same time."""

import asyncio

import aiohttp
import pytest

from services.gateway.identity.directory import Directory
from services.gateway.identity.first_start import first_start
from services.gateway.identity.keys import key_id_of, opens
from services.gateway.identity.passwords import is_password
from services.gateway.settings import GatewaySettings
from shared.storage.mongo import Store
from shared.storage.people import Users
from tests.integration.gateway.api import SECRET, Api

NOW = 1_700_000_000_000


def settings(**given: str) -> GatewaySettings:
    return GatewaySettings.model_validate({"secret": SECRET, "owner_email": "Ada@example.com", **given})


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was printed, by name."""
    lines = capsys.readouterr().out.splitlines()[1:]
    return {name.strip(): value.strip() for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_an_owner_and_a_key_are_made_and_told_once(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = Directory(store)
    await first_start(directory, settings(), NOW)
    shown = told(capsys)
    owner = await directory.users.with_email("ada@example.com")
    assert owner
    assert owner.owner
    assert await is_password(owner.password, shown["password"])
    member = await directory.members.get("default", owner.id)
    assert member
    assert member.role == "admin"
    key = await directory.keys.get(key_id_of(shown["API key"]) or "")
    assert key
    assert opens(key, shown["API key"], NOW)
    await first_start(directory, settings(), NOW)
    assert told(capsys) == {}


async def test_several_gateways_make_one_owner_and_leave_no_key_of_another(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    directories = [Directory(store) for _ in range(4)]
    await asyncio.gather(*(first_start(each, settings(), NOW) for each in directories))
    assert told(capsys)["API key"]
    assert len(await directories[0].users.page(before=None, limit=9)) == 1
    assert len(await directories[0].members.of_workspace("default")) == 1
    assert len(await store["api_keys"].find({"kind": "installation"})) == 1


async def test_a_start_that_was_cut_off_begins_anew(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cut(users: Users, user: object) -> bool:
        raise ConnectionError("cut off")

    with monkeypatch.context() as patched:
        patched.setattr(Users, "insert", cut)
        with pytest.raises(ConnectionError):
            await first_start(Directory(store), settings(), NOW)
    assert told(capsys) == {}
    await first_start(Directory(store), settings(), NOW)
    assert {"owner", "password", "API key"} <= told(capsys).keys()


async def test_what_the_settings_give_is_not_told(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"owner_password": "a password of ours", "api_key": "a key of ours"}
    await first_start(Directory(store), settings(**given), NOW)
    assert told(capsys) == {}
    assert await store["api_keys"].find({}) == []


async def test_the_owner_signs_in_with_the_password_of_the_settings(api: Api) -> None:
    wanted = {"email": "owner@localhost", "password": "the owner's password"}
    answer = await api.post("/api/v1/auth/sign-in", wanted)
    assert answer.status == 200, answer.body
    bearer = {"Authorization": f"Bearer {answer.body['access_token']}"}
    async with aiohttp.ClientSession(headers=bearer) as session:
        me = (await Api(api.root, session).get("/api/v1/me")).body
    assert me["owner"] is True
