"""Signing in and out, refresh tokens, and what ends a session."""

import asyncio
from typing import Any

import pytest

from services.gateway.identity import passwords, signing_in
from tests.integration.gateway.api import Answer
from tests.integration.gateway.identity.people import PASSWORD, Person, Town

AUTH = "/api/v1/auth"


async def signed_in(town: Town, kept: str, **more: Any) -> tuple[Person, Answer]:
    """Somebody with a password, and what their sign-in was answered with."""
    person = await town.person(password=kept)
    given = {"email": person.email.upper(), "password": PASSWORD, **more}
    answer = await town.anybody().post(f"{AUTH}/sign-in", given)
    assert answer.status == 200, answer.body
    person.token = answer.body["access_token"]
    return person, answer


async def refreshed(town: Town, token: str) -> Answer:
    return await town.anybody().post(f"{AUTH}/refresh", {"refresh_token": token})


async def test_a_session_goes_on_with_each_refresh_token_once(town: Town, kept_password: str) -> None:
    person, answer = await signed_in(town, kept_password)
    assert answer.headers["cache-control"] == "no-store"
    assert (await person.get("/api/v1/me")).body["email"] == person.email
    second = await refreshed(town, answer.body["refresh_token"])
    third = await refreshed(town, second.body["refresh_token"])
    assert third.status == 200
    assert (await town.anybody(token=third.body["access_token"]).get("/api/v1/me")).status == 200
    (await refreshed(town, second.body["refresh_token"])).refused(401, "unauthorized")
    (await refreshed(town, third.body["refresh_token"])).refused(401, "unauthorized")
    (await person.get("/api/v1/me")).refused(401, "unauthorized")
    owner = await town.person(owner=True)
    found = await owner.get(f"/api/v1/audit?actor={person.id}")
    told = [(each["action"], each["status"]) for each in found.body["items"]]
    assert told == [("POST /auth/refresh", 401), ("POST /auth/sign-in", 200)]


async def test_one_refresh_token_used_twice_at_once_is_reuse(town: Town, kept_password: str) -> None:
    _, answer = await signed_in(town, kept_password)
    token = answer.body["refresh_token"]
    both = await asyncio.gather(refreshed(town, token), refreshed(town, token))
    assert sorted(each.status for each in both) == [200, 401]
    (good,) = [each for each in both if each.status == 200]
    (await refreshed(town, good.body["refresh_token"])).refused(401, "unauthorized")


async def test_signing_out_ends_this_session_and_everywhere_all(town: Town, kept_password: str) -> None:
    person, first = await signed_in(town, kept_password)
    given = {"email": person.email, "password": PASSWORD}
    second = await town.anybody().post(f"{AUTH}/sign-in", given)
    out = await town.anybody().post(f"{AUTH}/sign-out", {"refresh_token": second.body["refresh_token"]})
    assert out.status == 204
    (await town.anybody(token=second.body["access_token"]).get("/api/v1/me")).refused(401, "unauthorized")
    key = (await person.post("/api/v1/me/api-keys", {"name": "stays"})).body["key"]
    assert (await person.post(f"{AUTH}/sign-out-everywhere")).status == 204
    (await person.get("/api/v1/me")).refused(401, "unauthorized")
    (await refreshed(town, first.body["refresh_token"])).refused(401, "unauthorized")
    assert (await town.anybody(token=key).get("/api/v1/me")).status == 200
    (await town.anybody().post(f"{AUTH}/sign-out-everywhere")).refused(401, "unauthorized")


async def test_a_new_password_ends_the_other_sessions(town: Town, kept_password: str) -> None:
    person, _ = await signed_in(town, kept_password)
    other = await town.anybody().post(f"{AUTH}/sign-in", {"email": person.email, "password": PASSWORD})
    assert len((await person.get("/api/v1/me/sessions")).body["items"]) == 3
    wrong = await person.post(
        "/api/v1/me/password", {"old": "not my password", "new": "staple correct horse"}
    )
    wrong.refused(401, "unauthorized")
    done = await person.post("/api/v1/me/password", {"old": PASSWORD, "new": "staple correct horse"})
    assert done.status == 204
    (await town.anybody(token=other.body["access_token"]).get("/api/v1/me")).refused(401, "unauthorized")
    (only,) = (await person.get("/api/v1/me/sessions")).body["items"]
    assert only["current"]
    again = await town.anybody().post(f"{AUTH}/sign-in", {"email": person.email, "password": PASSWORD})
    again.refused(401, "unauthorized")
    assert (await person.call("DELETE", f"/api/v1/me/sessions/{only['id']}")).status == 204
    (await person.get("/api/v1/me")).refused(401, "unauthorized")


async def test_who_is_shut_out_comes_in_by_no_way(town: Town, kept_password: str) -> None:
    person, answer = await signed_in(town, kept_password)
    key = (await person.post("/api/v1/me/api-keys", {"name": "laptop"})).body["key"]
    owner = await town.person(owner=True)
    assert (await owner.call("PATCH", f"/api/v1/people/{person.id}", {"state": "disabled"})).status == 200
    for token in (person.token, key):
        (await town.anybody(token=token).get("/api/v1/me")).refused(401, "unauthorized")
    (await refreshed(town, answer.body["refresh_token"])).refused(401, "unauthorized")
    given = {"email": person.email, "password": PASSWORD}
    (await town.anybody().post(f"{AUTH}/sign-in", given)).refused(401, "unauthorized")
    (await owner.call("PATCH", f"/api/v1/people/{owner.id}", {"state": "disabled"})).refused(403, "forbidden")


async def test_nobody_learns_who_has_an_account(
    town: Town, kept_password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await town.person(password=kept_password)
    hashes: list[bool] = []
    verified = passwords._verified
    monkeypatch.setattr(passwords, "_verified", lambda *given: hashes.append(True) or verified(*given))
    given = {"email": "nobody@example.com", "password": "wrong"}
    unknown = (await town.anybody().post(f"{AUTH}/sign-in", given)).refused(401, "unauthorized")
    wrong = await town.anybody().post(f"{AUTH}/sign-in", {**given, "email": person.email})
    assert wrong.refused(401, "unauthorized").body == unknown.body
    assert len(hashes) == 2
    new = {"email": "fresh@example.com", "password": PASSWORD, "name": "Fresh"}
    first = await town.anybody().post(f"{AUTH}/sign-up", new)
    taken = await town.anybody().post(f"{AUTH}/sign-up", {**new, "email": person.email})
    assert (first.status, first.body) == (taken.status, taken.body) == (202, first.body)
    signed = await town.anybody().post(f"{AUTH}/sign-in", {"email": new["email"], "password": PASSWORD})
    me = await town.anybody(token=signed.body["access_token"]).get("/api/v1/me")
    assert [each["role"] for each in me.body["workspaces"]] == ["admin"]
    owner = await town.person(owner=True)
    failed = (await owner.get("/api/v1/audit?action=POST /auth/sign-in&limit=200")).body["items"]
    assert {"nobody@example.com", person.email} <= {each["actor"] for each in failed if each["status"] == 401}


async def test_a_cookie_counts_only_when_our_own_page_sends_it(town: Town, kept_password: str) -> None:
    _, answer = await signed_in(town, kept_password, cookie=True)
    assert "refresh_token" not in answer.body
    kept, readable = answer.headers.getall("set-cookie")
    assert "HttpOnly" in kept
    assert "Path=/api/v1/auth" in kept
    assert "SameSite=strict" in kept
    assert "Secure" not in kept
    assert "HttpOnly" not in readable
    cookie, csrf = kept.partition(";")[0], answer.body["csrf_token"]
    ours = {"Cookie": cookie, "Origin": town.url, "X-CSRF-Token": csrf, "Sec-Fetch-Site": "same-origin"}
    for change in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
    ):
        for path in ("refresh", "sign-out"):
            forged = await town.anybody().post(f"{AUTH}/{path}", headers={**ours, **change})
            forged.refused(403, "csrf")
    silent = {name: value for name, value in ours.items() if name in ("Cookie", "X-CSRF-Token")}
    (await town.anybody().post(f"{AUTH}/refresh", headers=silent)).refused(403, "csrf")
    good = await town.anybody().post(f"{AUTH}/refresh", headers=ours)
    assert good.status == 200
    newer = good.headers.getall("set-cookie")[0].partition(";")[0]
    out = await town.anybody().post(f"{AUTH}/sign-out", headers={**ours, "Cookie": newer})
    assert out.status == 204
    gone = await town.anybody().post(f"{AUTH}/refresh", headers={**ours, "Cookie": newer})
    gone.refused(401, "unauthorized")


async def test_a_session_ends_when_it_is_not_used(
    town: Town, kept_password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing_in, "IDLE_MS", 0)
    _, answer = await signed_in(town, kept_password)
    (await refreshed(town, answer.body["refresh_token"])).refused(401, "unauthorized")


BODIES = {
    "sign-in": {"email": "a@b.c", "password": PASSWORD},
    "sign-up": {"email": "a@b.c", "password": PASSWORD, "name": "A"},
    "forgot": {"email": "a@b.c"},
    "reset": {"token": "x", "password": PASSWORD},
    "refresh": {"refresh_token": "x"},
    "sign-out": {"refresh_token": "x"},
    "invitations/accept": {"token": "x", "password": PASSWORD, "name": "A"},
}


@pytest.mark.parametrize("path", BODIES)
async def test_operators_and_extra_fields_are_no_input(town: Town, path: str) -> None:
    for field in BODIES[path]:
        for bad in ({"$ne": ""}, {"$gt": ""}, ["a"], 1, True):
            wrong = await town.anybody().post(f"{AUTH}/{path}", {**BODIES[path], field: bad})
            wrong.refused(422, "invalid_request")
    for extra in ({"owner": True}, {"role": "admin"}, {"id": "user_1"}, {"state": "active"}, {"$where": "1"}):
        wrong = await town.anybody().post(f"{AUTH}/{path}", {**BODIES[path], **extra})
        wrong.refused(422, "invalid_request")
