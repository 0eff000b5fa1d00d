"""What the gateway itself has sent: tests of channels, and mails such as invitations."""

import asyncio
from collections.abc import Sequence

from services.gateway.errors import Refused
from services.gateway.parts import Gateway
from shared.contracts.alert import Notice
from shared.contracts.events import DeliveryDue
from shared.ids import new_id, now_ms
from shared.mail_links import link_context
from shared.storage.alert_channels import AlertChannel
from shared.storage.deliveries import Deliveries, Delivery

LOOK_EVERY_S = 0.2
MOST_ATTEMPTS = 12


async def deliver(
    gateway: Gateway,
    to: str,
    subject: str,
    text: str,
    *,
    link: str = "",
    workspace_id: str = "",
    most_attempts: int = MOST_ATTEMPTS,
) -> str:
    """Have a mail sent to an address by the installation's own mail server, at least once and soon; the id of
    its delivery. Without a workspace it is listed nowhere. `link`, at its end, is kept sealed."""
    notice = Notice(kind="message", title=subject, text=text, at=now_ms(), workspace_id=workspace_id)
    delivery = _delivery(notice, most_attempts=most_attempts).model_copy(update={"to": to})
    if link:
        if (key := gateway.sealing_key) is None:
            raise Refused("no_vault", "No link can be mailed: the gateway has no WEFT_VAULT_PUBLIC_KEY")
        sealed = {"sealed": key.seal(link.encode(), link_context(delivery)), "kid": key.kid}
        delivery = delivery.model_copy(update=sealed)
    await send(gateway, [delivery])
    return delivery.id


def test_of(channel: AlertChannel, asked_by: str) -> Delivery:
    """A test notification, tried once."""
    notice = Notice(
        kind="test",
        title=f"Test of {channel.name}",
        text="This is a test. Alerts will arrive here just like this.",
        facts=[("Asked for by", asked_by)],
        at=now_ms(),
        workspace_id=channel.workspace_id,
    )
    return _delivery(notice, most_attempts=1).model_copy(update={"channel_id": channel.id})


async def send(gateway: Gateway, deliveries: Sequence[Delivery]) -> None:
    """Store them, and let connectors know; planners see to those that are not heard of."""
    await gateway.deliveries.insert(deliveries)
    for each in deliveries:
        await gateway.hurry(DeliveryDue(delivery_id=each.id, rev=each.rev))


async def settled(stored: Deliveries, deliveries: Sequence[Delivery], wait_s: float) -> list[Delivery]:
    """The deliveries as they are as soon as none waits any more, or after so many seconds."""
    until = asyncio.get_running_loop().time() + wait_s
    while True:
        found = [await stored.load(each.id) or each for each in deliveries]
        waiting = any(each.status == "waiting" for each in found)
        if not waiting or asyncio.get_running_loop().time() >= until:
            return found
        await asyncio.sleep(LOOK_EVERY_S)


def _delivery(notice: Notice, *, most_attempts: int) -> Delivery:
    return Delivery(
        id=new_id("dlv"),
        workspace_id=notice.workspace_id,
        notice=notice,
        most_attempts=most_attempts,
        next_at=notice.at,
        created_at=notice.at,
    )
