"""What people are mailed about themselves: through a real broker to a real mail server."""

import orjson
import pytest

from services.connectors.notify import attempts
from services.gateway.routes import invitations
from shared.storage.mongo import Store
from tests.integration.gateway.identity.people import PASSWORD, Town
from tests.integration.gateway.identity.post import PUBLIC, Post, link_in

ACCEPT = "/api/v1/auth/invitations/accept"


async def deliveries(store: Store) -> bytes:
    """All that lies there about mails."""
    return orjson.dumps(await store["deliveries"].find({}))


async def test_who_is_invited_gets_a_mail_with_the_link(post: Post, gateway_store: Store) -> None:
    workspace = await post.town.workspace()
    admin = await post.town.person(workspace, "admin")
    wanted = {"email": "ada@example.com", "role": "editor"}
    made = await admin.post("/invitations", wanted, headers={"Host": "evil.example"})
    assert (made.status, made.body["mailed"]) == (201, True)
    assert made.body["token"].encode() not in await deliveries(gateway_store), "it is kept sealed"
    mail = await post.mail_to("ada@example.com")
    assert mail["Subject"] == f"{admin.email} invites you to Test"
    assert link_in(mail) == f"{PUBLIC}/invitation#{made.body['token']}"
    taken = {"token": link_in(mail).partition("#")[2], "password": PASSWORD, "name": "Ada"}
    assert (await post.town.anybody().post(ACCEPT, taken)).status == 200


async def test_an_invitation_is_sent_again_with_another_token(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = await post.town.workspace()
    admin = await post.town.person(workspace, "admin")
    made = await admin.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    again = f"/invitations/{made.body['id']}/resend"
    soon = (await admin.post(again)).refused(429, "rate_limited")
    assert 0 < int(soon.headers["Retry-After"]) <= 60
    monkeypatch.setattr(invitations, "AGAIN_MS", 0)
    resent = await admin.post(again)
    assert (resent.status, resent.body["mailed"], resent.body["id"]) == (200, True, made.body["id"])
    mail = await post.mail_to("bob@example.com", after=1)
    assert link_in(mail).endswith(resent.body["token"])
    given = {"token": made.body["token"], "password": PASSWORD, "name": "Bob"}
    (await post.town.anybody().post(ACCEPT, given)).refused(404, "not_found")
    taken = await post.town.anybody().post(ACCEPT, {**given, "token": resent.body["token"]})
    assert taken.status == 200
    (await admin.post(again)).refused(404, "not_found")


async def test_a_mail_server_that_is_busy_is_tried_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "FIRST_WAIT_MS", 10)
    workspace = await post.town.workspace()
    admin = await post.town.person(workspace, "admin")
    post.box.answers = ["451 later", "451 later"]
    made = await admin.post("/invitations", {"email": "eve@example.com", "role": "viewer"})
    assert made.body["mailed"]
    assert link_in(await post.mail_to("eve@example.com")).endswith(made.body["token"])


async def test_an_address_that_takes_no_mail_is_invited_all_the_same(post: Post) -> None:
    workspace = await post.town.workspace()
    admin = await post.town.person(workspace, "admin")
    for email in ("a,b@example.com", "<eve@example.com>", "ada@exämple.com"):
        made = await admin.post("/invitations", {"email": email, "role": "viewer"})
        assert (made.status, made.body["mailed"]) == (201, False), email


async def test_without_a_mail_server_the_link_is_passed_on_by_hand(town: Town) -> None:
    workspace = await town.workspace()
    admin = await town.person(workspace, "admin")
    made = await admin.post("/invitations", {"email": "dan@example.com", "role": "viewer"})
    assert (made.body["mailed"], made.body["mailed_at"]) == (False, None)
    again = await admin.post(f"/invitations/{made.body['id']}/resend")
    assert (again.status, again.body["mailed"]) == (200, False)
    assert again.body["token"] != made.body["token"]
