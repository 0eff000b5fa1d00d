"""Secrets shared with whoever Weft speaks to for itself: its OpenID provider, its mail server, and the people
that they lead back; and messages with all their seals that nobody can handle."""

import asyncio
import re
import secrets
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import aio_pika
import aiohttp
from oidc_provider_mock import User, run_server_in_thread

from shared.messaging.topology import executor_queue
from tests.e2e.client import Weft
from tests.e2e.planted import drawn, made
from tests.smtp_server import MailBox

AUTH = "/api/v1/auth"
WITHIN_S = 60


def somebody() -> str:
    """An address of a domain that the provider is trusted with."""
    return f"canary-{secrets.token_hex(4)}@corp.example"


async def of_the_provider(weft: Weft, root: str, port: int) -> dict[str, str]:
    """Somebody who is invited comes in through the OpenID provider."""
    email = somebody()
    await made(weft, "/invitations", {"email": email, "role": "viewer"})
    person = User(sub="canary", claims={"email": email, "email_verified": True, "name": "Canary"})
    with run_server_in_thread(port, user_claims=[person], require_nonce=True):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            async with session.get(f"{root}{AUTH}/oidc/start", allow_redirects=False) as sent:
                cookie = sent.headers["set-cookie"].partition(";")[0]
            signed_in = session.post(sent.headers["location"], data={"sub": "canary"}, allow_redirects=False)
            async with signed_in as away:
                back = away.headers["location"]
            async with session.get(back, headers={"Cookie": cookie}, allow_redirects=False) as arrived:
                assert arrived.status == 303, await arrived.text()
                kept = dict(
                    each.partition(";")[0].split("=", 1) for each in arrived.headers.getall("set-cookie")
                )
    return {"provider_code": parse_qs(urlsplit(back).query)["code"][0], "session": kept["weft_refresh"]}


async def in_mails(weft: Weft, root: str, box: MailBox) -> dict[str, str]:
    """Somebody who is invited by mail, and forgets their password."""
    email, found = somebody(), {each: drawn(each) for each in ("first_password", "new_password")}
    await made(weft, "/invitations", {"email": email, "role": "viewer"})
    found["invitation_link"] = await token_to(box, email, 1)
    async with aiohttp.ClientSession() as session:
        accepted = {"token": found["invitation_link"], "password": found["first_password"], "name": "Canary"}
        for path, body, status in (("invitations/accept", accepted, 200), ("forgot", {"email": email}, 202)):
            async with session.post(f"{root}{AUTH}/{path}", json=body) as answer:
                assert answer.status == status, await answer.text()
        found["reset_link"] = await token_to(box, email, 2)
        reset = {"token": found["reset_link"], "password": found["new_password"]}
        async with session.post(f"{root}{AUTH}/reset", json=reset) as answer:
            assert answer.status < 300, await answer.text()
    assert box.password in [password for _, password in box.logins]
    return {**found, "mail_server": box.password}


async def token_to(box: MailBox, email: str, number: int) -> str:
    """The token at the end of the link in one of the mails to this address, the first being 1."""
    async with asyncio.timeout(WITHIN_S):
        while len(mails := [each for each in box.mails if each["To"] == email]) < number:
            box.arrived.clear()
            await box.arrived.wait()
    found = re.search(r"^http://\S+#(\S+)\s*$", mails[number - 1].get_content(), re.MULTILINE)
    assert found
    return found[1]


async def in_dead_letters(weft: Weft, root: str, amqp_url: str, bodies: Sequence[bytes]) -> None:
    """The same messages again, as nobody can handle them: they are kept for an operator."""
    async with await aio_pika.connect(amqp_url) as connection:
        exchange = (await connection.channel()).default_exchange
        for body in bodies:
            message = aio_pika.Message(body, type="canary", delivery_mode=2)
            await exchange.publish(message, executor_queue("http", "normal"), mandatory=True)
    async with asyncio.timeout(WITHIN_S):
        while True:
            async with weft._session.get(f"{root}/api/v1/dead-letters?limit=100") as answer:
                letters = (await answer.json())["items"]
            if sum(each["type"] == "canary" for each in letters) >= len(bodies):
                return
