"""Passwords that were forgotten: links by mail, by an owner's hand, and at the terminal."""

import argparse
import asyncio
from typing import Any

import pytest

from services.gateway.identity import resetting
from services.local.home import LocalError
from services.local.reset_password import main
from shared.storage.mongo import Store
from tests.integration.gateway.api import KEY, Answer
from tests.integration.gateway.identity.people import PASSWORD, Person, Town
from tests.integration.gateway.identity.post import PUBLIC, Post, link_in

AUTH = "/api/v1/auth"
NEW = "staple correct horse"


async def forgot(post: Post, email: str) -> Answer:
    """Asked for by somebody who would like the link to lead to them."""
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    return await post.town.anybody().post(f"{AUTH}/forgot", {"email": email}, headers=evil)


async def reset(town: Town, token: str, password: str = NEW) -> Answer:
    return await town.anybody().post(f"{AUTH}/reset", {"token": token, "password": password})


async def sign_in(town: Town, email: str, password: str) -> Answer:
    return await town.anybody().post(f"{AUTH}/sign-in", {"email": email, "password": password})


async def token_by_owner(town: Town, person: Person) -> str:
    owner = await town.person(owner=True)
    return (await owner.post(f"/api/v1/people/{person.id}/password-reset")).body["token"]


async def test_a_link_by_mail_sets_a_new_password_once(
    post: Post, gateway_store: Store, kept_password: str
) -> None:
    town, person = post.town, await post.town.person(password=kept_password)
    assert (await forgot(post, person.email.upper())).status == 202
    link = link_in(await post.mail_to(person.email))
    assert link.startswith(f"{PUBLIC}/reset#wp_")
    token = link.partition("#")[2]
    stored = [
        each for name in ("password_resets", "deliveries") for each in await all_of(gateway_store, name)
    ]
    assert stored
    assert token not in str(stored), "the store has its hash only"
    short = await reset(town, token, "short")
    short.refused(422, "invalid_request")
    assert (await person.get("/api/v1/me")).status == 200
    assert (await reset(town, token)).status == 204
    (await person.get("/api/v1/me")).refused(401, "unauthorized")
    (await sign_in(town, person.email, PASSWORD)).refused(401, "unauthorized")
    assert (await sign_in(town, person.email, NEW)).status == 200
    (await reset(town, token)).refused(404, "not_found")
    told = await post.mail_to(person.email, after=1)
    assert told["Subject"] == "Your password has been set anew"
    owner = await town.person(owner=True)
    found = (await owner.get(f"/api/v1/audit?actor={person.id}")).body["items"]
    actions = [each["action"] for each in found if each["status"] < 400]
    assert actions == ["POST /auth/sign-in", "POST /auth/reset", "POST /auth/forgot"]


async def all_of(store: Store, name: str) -> list[dict[str, Any]]:
    return await store[name].find({})


async def test_nobody_learns_who_is_here(post: Post, gateway_store: Store, kept_password: str) -> None:
    here, elsewhere = await post.town.person(password=kept_password), await post.town.person()
    nobody = "stranger@example.com"
    said = [await forgot(post, each) for each in (here.email, elsewhere.email, nobody)]
    assert [each.status for each in said] == [202] * 3
    assert len({str(each.body) for each in said}) == 1
    assert len({tuple(sorted(set(each.headers) - {"Date"})) for each in said}) == 1
    await post.mail_to(here.email)
    mailed = {each["to"] for each in await all_of(gateway_store, "deliveries")}
    assert here.email in mailed
    assert not mailed & {elsewhere.email, nobody}, "who has no password here cannot have forgotten it"


async def test_no_letter_box_is_filled(post: Post, kept_password: str) -> None:
    person = await post.town.person(password=kept_password)
    asked = [await forgot(post, person.email) for _ in range(6)]
    assert [each.status for each in asked] == [202] * 6
    while (slowed := await forgot(post, person.email)).status == 202:
        """The pauses double: soon one is longer than asking takes."""
    assert int(slowed.refused(429, "rate_limited").headers["Retry-After"]) > 0
    await post.mail_to(person.email, after=2)
    ids = await post.town.parts.directory.resets.open_of(person.id, 0)
    assert (len(ids), len(post.mails_to(person.email))) == (3, 3)
    assert (await sign_in(post.town, person.email, PASSWORD)).status == 200, "signing in is not slowed down"


async def test_links_that_are_good_no_longer(
    town: Town, kept_password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await town.person(password=kept_password)
    first, second = await token_by_owner(town, person), await token_by_owner(town, person)
    for wrong in (first[:-1] + ("0" if first[-1] != "0" else "1"), "wp_", "x", first.replace("wp", "wi")):
        (await reset(town, wrong)).refused(404, "not_found")
    assert (await reset(town, second)).status == 204
    (await reset(town, first)).refused(404, "not_found")
    signed = await sign_in(town, person.email, NEW)
    person.token = signed.body["access_token"]
    third = await token_by_owner(town, person)
    changed = await person.post("/api/v1/me/password", {"old": NEW, "new": PASSWORD})
    assert changed.status == 204
    (await reset(town, third)).refused(404, "not_found")
    shut_out = await token_by_owner(town, person)
    owner = await town.person(owner=True)
    await owner.call("PATCH", f"/api/v1/people/{person.id}", {"state": "disabled"})
    (await reset(town, shut_out)).refused(404, "not_found")
    (await owner.post(f"/api/v1/people/{person.id}/password-reset")).refused(404, "not_found")
    await owner.call("PATCH", f"/api/v1/people/{person.id}", {"state": "active"})
    monkeypatch.setattr(resetting, "GOOD_MS", 0)
    (await reset(town, await token_by_owner(town, person))).refused(404, "not_found")


async def test_of_several_with_one_link_one_is_first(town: Town, kept_password: str) -> None:
    person = await town.person(password=kept_password)
    token = await token_by_owner(town, person)
    wanted = [f"password number {each}" for each in range(4)]
    answers = await asyncio.gather(*(reset(town, token, each) for each in wanted))
    assert sorted(each.status for each in answers) == [204, 404, 404, 404]
    (right,) = [one for one, answer in zip(wanted, answers, strict=True) if answer.status == 204]
    assert (await sign_in(town, person.email, right)).status == 200


async def test_without_mails_everybody_is_told_so(town: Town, kept_password: str) -> None:
    person = await town.person(password=kept_password)
    for email in (person.email, "stranger@example.com"):
        (await town.anybody().post(f"{AUTH}/forgot", {"email": email})).refused(501, "no_mail")
    assert (await town.anybody().get(f"{AUTH}/ways")).body["reset"] is False
    (await person.post(f"/api/v1/people/{person.id}/password-reset")).refused(403, "forbidden")


async def test_owners_set_passwords_at_the_terminal(
    town: Town, kept_password: str, capsys: pytest.CaptureFixture[str]
) -> None:
    person = await town.person(password=kept_password)
    given = {"url": town.url, "api_key": KEY, "workspace": "default"}
    assert await main(argparse.Namespace(email=person.email, **given)) == 0
    password = capsys.readouterr().out.splitlines()[0].rpartition(": ")[2]
    assert (await sign_in(town, person.email, password)).status == 200
    (await sign_in(town, person.email, PASSWORD)).refused(401, "unauthorized")
    with pytest.raises(LocalError, match="nobody here"):
        await main(argparse.Namespace(email="stranger@example.com", **given))
