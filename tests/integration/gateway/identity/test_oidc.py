"""Signing in at an OpenID provider: a real one, on a port of this machine."""

import asyncio
import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from oidc_provider_mock import User, run_server_in_thread

from services.gateway.errors import Refused
from services.gateway.identity.provider import Provider
from services.gateway.identity.round_trips import round_trip
from shared.ids import now_ms
from tests.integration.gateway.api import Answer
from tests.integration.gateway.identity.people import PASSWORD, Person, Town, town_of

AUTH = "/api/v1/auth"
START = f"{AUTH}/oidc/start"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """An OpenID provider; whoever it is told of can sign in there."""
    people = [
        User(sub="ada", claims={"email": "ada@corp.example", "email_verified": True, "name": "Ada"}),
        User(sub="unverified", claims={"email": "bob@corp.example", "email_verified": False}),
        User(sub="elsewhere", claims={"email": "eve@other.example", "email_verified": True}),
        *(
            User(sub=each, claims={"email": f"{each}@corp.example", "email_verified": True})
            for each in ("invited", "taken", "linker", "stranger")
        ),
    ]
    with run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
async def town(serve: Callable[..., Any], issuer: str) -> AsyncIterator[Town]:
    """Where only the invited come in."""
    given = {"oidc_issuer": issuer, "oidc_client_id": "weft", "oidc_client_secret": "s:cret",
             "oidc_domains": "corp.example"}  # fmt: skip
    async with serve(**given) as service, town_of(service) as town:
        yield town


async def away(town: Town, url: str, who: str) -> dict[str, str]:
    """Sign in at the provider; what it sends the browser back with."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data={"sub": who}, allow_redirects=False) as response,
    ):
        back = urlsplit(response.headers["location"])
    assert back.path == f"{AUTH}/oidc/callback"
    return {name: values[0] for name, values in parse_qs(back.query).items()}


async def back(town: Town, cookie: str, given: dict[str, str]) -> Answer:
    return await town.anybody().get(
        f"{AUTH}/oidc/callback", params=given, headers={"Cookie": cookie}, allow_redirects=False
    )


async def sent(town: Town, query: str = "") -> tuple[str, str]:
    """Where a browser is sent to, and the cookie that it keeps."""
    answer = await town.anybody().get(START + query, allow_redirects=False)
    assert answer.status == 302, answer.body
    return answer.headers["location"], answer.headers["set-cookie"].partition(";")[0]


async def tried(town: Town, who: str, query: str = "") -> Answer:
    url, cookie = await sent(town, query)
    return await back(town, cookie, await away(town, url, who))


async def session_of(town: Town, answer: Answer) -> Person:
    """Who has come back, with an access token out of their cookie."""
    assert answer.status == 303, answer.body
    kept = [each.partition(";")[0] for each in answer.headers.getall("set-cookie")]
    cookies = dict(each.split("=", 1) for each in kept)
    headers = {"Cookie": f"weft_refresh={cookies['weft_refresh']}", "X-CSRF-Token": cookies["weft_csrf"],
               "Origin": town.url}  # fmt: skip
    fresh = await town.anybody().post(f"{AUTH}/refresh", headers=headers)
    assert fresh.status == 200, fresh.body
    return town.anybody(token=fresh.body["access_token"])


async def test_who_is_invited_comes_in_and_is_known_from_then_on(town: Town) -> None:
    admin = await town.person("default", "admin")
    asked = {"email": "invited@corp.example", "role": "runner"}
    assert (await admin.post("/invitations", asked)).status == 201
    first = await tried(town, "invited", "?return_to=/workflows")
    assert first.headers["location"] == "/workflows"
    me = (await (await session_of(town, first)).get("/api/v1/me")).body
    assert (me["email"], [each["role"] for each in me["workspaces"]]) == ("invited@corp.example", ["runner"])
    assert (await admin.get("/invitations")).body["items"] == []
    again = await session_of(town, await tried(town, "invited"))
    assert (await again.get("/api/v1/me")).body["id"] == me["id"]
    owner = await town.person(owner=True)
    told = (await owner.get(f"/api/v1/audit?actor={me['id']}")).body["items"]
    assert {each["action"] for each in told} >= {"GET /auth/oidc/callback"}


@pytest.mark.parametrize(
    ("who", "code"), [("stranger", "forbidden"), ("unverified", "forbidden"), ("elsewhere", "forbidden")]
)
async def test_others_are_not_let_in(town: Town, who: str, code: str) -> None:
    answer = (await tried(town, who)).refused(403, code)
    assert "set-cookie" not in answer.headers


async def test_an_address_opens_no_account_that_has_a_password(town: Town, kept_password: str) -> None:
    person = await town.person(password=kept_password)
    await town.parts.directory.users._emails.insert_one({"_id": "linker@corp.example", "user_id": person.id})
    (await tried(town, "linker")).refused(409, "not_linked")
    asked = await person.post("/api/v1/me/identities", {"return_to": "/me"})
    cookie = asked.headers["set-cookie"].partition(";")[0]
    answer = await back(town, cookie, await away(town, asked.body["authorization_url"], "linker"))
    assert answer.headers["location"] == "/me"
    signed = await session_of(town, await tried(town, "linker"))
    assert (await signed.get("/api/v1/me")).body["id"] == person.id
    other = await town.person()
    asked = await other.post("/api/v1/me/identities", {})
    cookie = asked.headers["set-cookie"].partition(";")[0]
    taken = await back(town, cookie, await away(town, asked.body["authorization_url"], "linker"))
    taken.refused(409, "already_linked")
    assert (await person.call("DELETE", "/api/v1/me/identities/linker")).status == 204


async def test_only_the_browser_that_was_sent_comes_back(town: Town) -> None:
    url, cookie = await sent(town)
    given = await away(town, url, "ada")
    _, other = await sent(town)
    for kept, answer in (
        (other, given),
        ("", given),
        (cookie + "x", given),
        (cookie, {**given, "state": "other"}),
        (cookie, {"code": given["code"]}),
        (cookie, {**given, "iss": "https://evil.example"}),
        (cookie, {"state": given["state"], "error": "access_denied"}),
        (cookie, {**given, "code": "made-up"}),
    ):
        (await back(town, kept, answer)).refused(400, "sign_in_failed")


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\tx"])
def test_nobody_is_sent_on_to_another_site(to: str) -> None:
    assert round_trip(to).return_to == "/"


async def test_a_token_that_the_provider_has_not_made_for_us_is_refused(issuer: str) -> None:
    provider = Provider(issuer, "weft", "", "Test", frozenset())
    now, own = int(time.time()), RSAKey.generate_key(2048)
    claims = {"iss": issuer, "aud": "weft", "sub": "ada", "nonce": "n", "iat": now, "exp": now + 60}
    _, keys = await provider._published()
    key = keys.keys[0]
    assert isinstance(key, RSAKey)
    public = key.as_pem(private=False)
    middle = jwt.encode({"alg": "RS256"}, claims, own).split(".")[1]
    head = urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    proof = hmac.digest(public, f"{head}.{middle}".encode(), "sha256")
    for token in (
        jwt.encode({"alg": "RS256"}, claims, own),  # another key
        f"{head}.{middle}.{urlsafe_b64encode(proof).decode().rstrip('=')}",  # the public key as a secret
        f"eyJhbGciOiJub25lIn0.{middle}.",  # no signature
        "x",
    ):
        with pytest.raises(Refused):
            await provider._claims(token, "n", now_ms())


@pytest.mark.parametrize(
    "change",
    [{"iss": "https://evil.example"}, {"aud": "another"}, {"nonce": "other"}, {"exp": 1}, {"sub": None},
     {"aud": ["weft", "another"]}, {"nonce": None}, {"exp": None}],
)  # fmt: skip
async def test_every_claim_counts(
    issuer: str, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    provider, key = Provider(issuer, "weft", "", "Test", frozenset()), RSAKey.generate_key(2048)
    now = int(time.time())
    good = {"iss": issuer, "aud": "weft", "sub": "ada", "nonce": "n", "iat": now, "exp": now + 60}

    async def published(**_: float) -> tuple[dict[str, Any], Any]:
        return {}, key

    monkeypatch.setattr(provider, "_published", published)
    assert (await provider._claims(jwt.encode({"alg": "RS256"}, good, key), "n", now_ms()))["sub"] == "ada"
    changed = {name: value for name, value in {**good, **change}.items() if value is not None}
    with pytest.raises(Refused):
        await provider._claims(jwt.encode({"alg": "RS256"}, changed, key), "n", now_ms())


async def test_two_who_come_back_at_once_are_one_person(town: Town) -> None:
    admin = await town.person("default", "admin")
    await admin.post("/invitations", {"email": "ada@corp.example", "role": "viewer"})
    both = await asyncio.gather(tried(town, "ada"), tried(town, "ada"))
    assert 303 in {each.status for each in both}
    assert {each.status for each in both} <= {303, 409}
    found = await (await session_of(town, await tried(town, "ada"))).get("/api/v1/me")
    assert found.body["workspaces"][0]["role"] == "viewer"
    again = {"email": "ada@corp.example", "password": PASSWORD}
    (await town.anybody().post(f"{AUTH}/sign-in", again)).refused(401, "unauthorized")
