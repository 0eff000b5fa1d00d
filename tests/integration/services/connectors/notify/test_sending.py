"""Deliveries on a real broker and store, to a real mail server and web servers: at least once, and seen."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from nacl.public import PrivateKey
from standardwebhooks.webhooks import Webhook

from services.connectors import __main__ as main
from services.connectors.email.smtp import Mailer
from services.connectors.notify import attempts, sending
from services.connectors.notify.channels import Channels
from services.connectors.notify.sending import Sending
from services.connectors.resealing import resealing
from services.connectors.settings import ConnectorsSettings
from services.connectors.vault import Vault
from services.planner.alerting.posting import Posting
from shared.contracts.alert import Notice
from shared.http import HttpClient
from shared.ids import new_id, now_ms
from shared.storage.alert_channels import AlertChannel, AlertChannels, channel_context
from shared.storage.credentials import Credentials, CredentialStates
from shared.storage.deliveries import Deliveries, Delivery
from shared.storage.mongo import Store
from shared.storage.variables import Variables
from tests.http_server import Server, serving
from tests.integration.services.frame import Peer, as_planner, working
from tests.smtp_server import MailBox, mail_server

Drop = Callable[..., Awaitable[None]]
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = PrivateKey.generate()
VAULT = Vault([bytes(PRIVATE)])
VAULT_KEYS = urlsafe_b64encode(bytes(PRIVATE)).decode()


async def channel(store: Store, secrets: dict[str, Any], **settings: Any) -> AlertChannel:
    """A stored channel with its secrets sealed."""
    given = {"id": new_id("chan"), "workspace_id": "default", "name": "On call", "settings": settings,
             "rev": 1, "created_at": 0, "updated_at": 0}  # fmt: skip
    made = AlertChannel.model_validate(given)
    sealed = VAULT.sealing.seal(orjson.dumps(secrets), channel_context(made)) if secrets else ""
    made = made.model_copy(update={"sealed": sealed, "kid": VAULT.sealing.kid if secrets else ""})
    await AlertChannels(store).insert(made)
    return made


async def webhook(store: Store, url: str) -> AlertChannel:
    return await channel(store, {"secrets": [KEY]}, kind="webhook", url=url)


async def due(store: Store, over: AlertChannel | None, **changes: Any) -> Delivery:
    """A delivery whose time has come."""
    notice = Notice(kind="alert", title="Orders\r\nBcc: eve@example.com", text="It has failed.",
                    at=now_ms(), workspace_id="default", facts=[("Run", "run_1")])  # fmt: skip
    made = Delivery(
        id=new_id("dlv"), workspace_id="default", channel_id=over and over.id, notice=notice, most_attempts=3,
        next_at=0, created_at=now_ms(),
    ).model_copy(update=changes)  # fmt: skip
    await Deliveries(store).insert([made])
    return made


class Desk:
    """Connectors at work, and a planner that posts what is due until nothing waits any more."""

    def __init__(self, store: Store, planner: Peer) -> None:
        self._deliveries = Deliveries(store)
        self._posting = Posting(store, planner.bus, lambda _: True)

    async def settled(self, *deliveries: Delivery) -> Sequence[Delivery]:
        """These as they are in the end."""
        async with asyncio.timeout(60):
            while True:
                await self._posting.post()
                found = [await self._deliveries.load(each.id) for each in deliveries]
                done = [each for each in found if each and each.status != "waiting"]
                if len(done) == len(deliveries):
                    return done
                await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, box: MailBox) -> None:
    keys = {"vault_keys": VAULT_KEYS, "http_allow": "127.0.0.1"}
    given = {**keys, "smtp_url": box.url(), "smtp_from": "Weft <weft@example.com>"}
    monkeypatch.setattr(main, "SETTINGS", ConnectorsSettings.model_validate(given))
    monkeypatch.setattr(attempts, "FIRST_WAIT_MS", 10)


@pytest.fixture
async def box() -> AsyncIterator[MailBox]:
    async with mail_server() as box:
        yield box


@pytest.fixture
async def web() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture
async def desk(amqp_url: str, store_url: str, store: Store, drop_queues: Drop) -> AsyncIterator[Desk]:
    async with working("connectors", main.compose, amqp_url, store_url), as_planner(amqp_url) as planner:
        yield Desk(store, planner)


async def test_each_kind_of_channel_is_told(store: Store, desk: Desk, box: MailBox, web: Server) -> None:
    mail = await channel(
        store, {"password": "open sesame"}, kind="email", host=box.host, port=box.port, tls="none",
        user="weft", sender="weft@example.com", to=["ada@example.com", "Bob <bob@example.com>"],
    )  # fmt: skip
    chat = await channel(store, {"url": web.url("/echo?token=s3cret")}, kind="slack", host="127.0.0.1")
    hook = await webhook(store, web.url("/echo"))
    deliveries = [await due(store, each) for each in (mail, chat, hook)]
    done = await desk.settled(*deliveries)
    assert [(each.status, each.attempts, each.error) for each in done] == [("delivered", 1, None)] * 3
    [found] = box.mails
    assert (found["Subject"], found["Bcc"]) == ("Orders Bcc: eve@example.com", None)
    assert found["Message-ID"] == f"<{deliveries[0].id}@example.com>"
    assert (box.logins, box.recipients) == (
        [("weft", "open sesame")],
        [["ada@example.com", "bob@example.com"]],
    )
    posts = {"token" in str(each["query"]): each for each in web.seen}
    assert "*Run*" in str(posts[True]["body"])
    headers: Any = posts[False]["headers"]
    verified = Webhook(KEY).verify(str(posts[False]["body"]), headers)
    assert (verified["type"], headers["webhook-id"]) == ("weft.alert", deliveries[2].id)


async def test_one_that_fails_is_tried_again_and_given_up_in_the_end(
    store: Store, desk: Desk, web: Server, box: MailBox
) -> None:
    flaky = await due(store, await webhook(store, web.url("/flaky/hook?times=2")))
    broken = await due(store, await webhook(store, web.url("/status/500")))
    moved = await due(store, await webhook(store, web.url("/redirect?to=/echo")), most_attempts=1)
    gone = await due(store, None, channel_id="chan_gone")
    box.answers = ["451 later", "451 later"]
    invitation = await due(store, None, to="ada@example.com")
    done = await desk.settled(flaky, broken, moved, gone, invitation)
    assert [(each.status, each.attempts) for each in done] == [
        ("delivered", 3), ("failed", 3), ("failed", 1), ("failed", 1), ("delivered", 3),
    ]  # fmt: skip
    assert [(each.error or "")[:11] for each in done[1:4]] == ["unavailable", "http_302: t", "the channel"]
    assert "/echo" not in web.paths
    assert box.mails[0]["To"] == "ada@example.com"


async def test_what_may_not_be_called_and_what_cannot_be_opened(
    store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = await due(store, await webhook(store, "http://169.254.169.254/latest"))
    mail = {"kind": "email", "port": 25, "tls": "none", "sender": "w@example.com", "to": ["a@example.com"]}
    inside_mail = await due(store, await channel(store, {}, host="10.0.0.1", **mail))
    stolen = await webhook(store, "https://hooks.example.com")
    other = stolen.model_copy(update={"id": new_id("chan")})
    await AlertChannels(store).insert(other)
    swapped = await due(store, other, most_attempts=1)
    done = await desk.settled(inside, inside_mail, swapped)
    assert [each.status for each in done] == ["failed"] * 3
    assert [each.attempts for each in done] == [1, 1, 1]
    assert "not a public address" in (done[0].error or "")
    assert "not a public address" in (done[1].error or "")
    assert "cannot be opened" in (done[2].error or "")


async def test_a_crash_after_sending_sends_again_and_twice_at_once_sends_once(
    store: Store, web: Server, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = await due(store, await webhook(store, web.url("/echo")))
    async with HttpClient(allow=["127.0.0.1"]) as http:
        dying = Sending(store, Channels(http, Mailer(http.allow), VAULT, None))
        with monkeypatch.context() as crash:
            crash.setattr(attempts, "LEASE_MS", 100)
            crash.setattr(sending, "delivered", die)
            with pytest.raises(Died):
                await dying.on_due(_asked(delivery))
        assert len(web.seen) == 1
        again = await Deliveries(store).load(delivery.id)
        assert again
        assert (again.status, again.attempts) == ("waiting", 1)
        await dying.on_due(_asked(delivery))
        assert len(web.seen) == 1, "what was asked for before the crash is not asked for any more"
    [done] = await desk.settled(delivery)
    assert (done.status, done.attempts, len(web.seen)) == ("delivered", 2, 2)
    ids = {each["headers"]["webhook-id"] for each in web.seen}  # type: ignore[index]
    assert ids == {delivery.id}, "by which the receiver knows it again"


async def test_a_rotation_of_the_vault_renews_channels_as_well(store: Store) -> None:
    made, channels = await webhook(store, "https://hooks.example.com"), AlertChannels(store)
    newer = Vault([bytes(PrivateKey.generate()), bytes(PRIVATE)])
    renewing = asyncio.create_task(
        resealing(newer, Credentials(store), CredentialStates(store), channels, Variables(store))
    )
    async with asyncio.timeout(60):
        while True:
            if found := await channels.sealed_to([newer.sealing.kid], 9):
                break
            await asyncio.sleep(0.02)
    renewing.cancel()
    [renewed] = found
    assert (renewed.id, renewed.rev) == (made.id, made.rev + 1)
    assert orjson.loads(newer.open(renewed.sealed, channel_context(renewed))) == {"secrets": [KEY]}


class Died(BaseException):
    """What no handler catches: the process is gone."""


def die(*_: object) -> None:
    raise Died


def _asked(delivery: Delivery) -> Any:
    return SimpleNamespace(message=SimpleNamespace(delivery_id=delivery.id, rev=delivery.rev))
