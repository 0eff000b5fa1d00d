"""A gateway that sends mails, connectors that hand them in, and the letter box they arrive in."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage

from nacl.public import PrivateKey

from services.connectors.email.smtp import Mailer, server_of
from services.connectors.notify.channels import Channels
from services.connectors.notify.sending import Sending
from services.connectors.vault import Vault
from services.planner.alerting.posting import Posting
from shared.http import HttpClient
from shared.messaging.broker import Bus
from shared.storage.mongo import Store
from tests.integration.gateway.identity.people import Town
from tests.smtp_server import MailBox

PRIVATE = PrivateKey.generate()
PUBLIC = "https://weft.example.com"
SETTINGS = {
    "smtp_from": "Weft <weft@example.com>",
    "public_url": PUBLIC,
    "vault_public_key": base64.urlsafe_b64encode(bytes(PRIVATE.public_key)).decode(),
}
WITHIN_S = 60


class Post:
    """What has been mailed to whom."""

    def __init__(self, town: Town, box: MailBox, posting: Posting) -> None:
        self.town = town
        self.box = box
        self._posting = posting

    async def mail_to(self, address: str, *, after: int = 0) -> EmailMessage:
        """The mail to this address that comes after so many."""
        async with asyncio.timeout(WITHIN_S):
            while len(found := self.mails_to(address)) <= after:
                self.box.arrived.clear()
                await self._posting.post()
                try:
                    await asyncio.wait_for(self.box.arrived.wait(), 0.2)
                except TimeoutError:
                    continue
        return found[after]

    def mails_to(self, address: str) -> list[EmailMessage]:
        """All that have come."""
        return [each for each in self.box.mails if each["To"] == address]


def link_in(mail: EmailMessage) -> str:
    """The link at the end of a mail."""
    found = re.search(r"^(https://\S+)\s*$", mail.get_content(), re.MULTILINE)
    assert found, mail.get_content()
    return found[1]


@asynccontextmanager
async def connectors(amqp_url: str, store: Store, box: MailBox) -> AsyncIterator[Posting]:
    """Connectors that send mails, and a planner's hand that gives them what is due."""
    bus = Bus(amqp_url, name="test-connectors", drain_s=1)
    async with HttpClient(allow=[]) as http:
        own = server_of(box.url()), SETTINGS["smtp_from"]
        channels = Channels(http, Mailer(http.allow), Vault([bytes(PRIVATE)]), own)
        Sending(store, channels).subscribe(bus)
        await bus.start()
        try:
            yield Posting(store, bus, lambda _: True)
        finally:
            await bus.stop_consuming()
            await bus.close()
