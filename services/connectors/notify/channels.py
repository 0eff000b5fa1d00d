"""One attempt to tell people something, over whatever channel it is."""

from typing import Any

import orjson

from services.connectors.email.message import Mail, composed
from services.connectors.email.smtp import Mailer, MailFailed, MailServer
from services.connectors.notify.written import as_html, as_json, as_slack, as_text
from services.connectors.vault import CannotOpen, Vault
from services.connectors.webhook.client import post_json
from services.connectors.webhook.signing import signed_headers
from shared.http import HttpClient
from shared.ids import now_ms
from shared.mail_links import link_context
from shared.nodes import NodeFailed
from shared.storage.alert_channels import AlertChannel, EmailSettings, SlackSettings, channel_context
from shared.storage.deliveries import Delivery

IN_VAIN = frozenset({"bad_url", "blocked_address", "bad_request", "http_410"})
"""What will be the same next time."""


class NotSent(Exception):
    """It could not be sent; `again` says whether that may be otherwise later. Holds no secret."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


class Channels:
    """Sends notices. `own` is the installation's own mail server, and whom its mails are from."""

    def __init__(
        self, http: HttpClient, mailer: Mailer, vault: Vault | None, own: tuple[MailServer, str] | None
    ) -> None:
        self._http = http
        self._mailer = mailer
        self._vault = vault
        self._own = own

    async def send(self, delivery: Delivery, channel: AlertChannel | None) -> None:
        """Return when it has arrived; raises NotSent. Without a channel it goes out as the installation's
        own mail."""
        try:
            if channel is None:
                await self._own_mail(delivery)
            else:
                await self._over(channel, delivery)
        except MailFailed as failed:
            raise NotSent(str(failed), again=failed.again) from None
        except NodeFailed as failed:
            code = failed.failure.code
            raise NotSent(f"{code}: {failed.failure.message}", again=code not in IN_VAIN) from None
        except ValueError as error:
            raise NotSent(str(error), again=False) from None

    async def _own_mail(self, delivery: Delivery) -> None:
        if self._own is None:
            said = (
                "this installation has no mail server: whoever runs it sets WEFT_SMTP_URL and WEFT_SMTP_FROM"
            )
            raise NotSent(said, again=True)
        server, sender = self._own
        if delivery.sealed:
            said = "the link of this mail cannot be opened"
            link = self._opened(delivery.sealed, link_context(delivery), said).decode()
            notice = delivery.notice.model_copy(update={"link": link})
            delivery = delivery.model_copy(update={"notice": notice})
        await self._mailer.send(server, composed(_mail(delivery, sender, [delivery.to])), trusted=True)

    async def _over(self, channel: AlertChannel, delivery: Delivery) -> None:
        settings, secrets = channel.settings, self._secrets_of(channel)
        if isinstance(settings, EmailSettings):
            password = str(secrets.get("password", ""))
            server = MailServer(settings.host, settings.port, settings.tls, settings.user, password)
            await self._mailer.send(server, composed(_mail(delivery, settings.sender, settings.to)))
        elif isinstance(settings, SlackSettings):
            body = orjson.dumps(as_slack(delivery.notice))
            await post_json(self._http, str(secrets["url"]), body, {}, shown=False)
        else:
            body = orjson.dumps(as_json(delivery.notice))
            headers = signed_headers(secrets["secrets"], delivery.id, now_ms() // 1000, body)
            await post_json(self._http, settings.url, body, headers)

    def _secrets_of(self, channel: AlertChannel) -> dict[str, Any]:
        if not channel.sealed:
            return {}
        said = f"the secrets of channel {channel.name!r} cannot be opened; set them again"
        return orjson.loads(self._opened(channel.sealed, channel_context(channel), said))

    def _opened(self, envelope: str, context: bytes, otherwise: str) -> bytes:
        """What was sealed; raises NotSent, which says what was in vain."""
        if self._vault is None:
            raise NotSent(
                "these connectors have no keys to open secrets: WEFT_VAULT_KEYS is not set", again=True
            )
        try:
            return self._vault.open(envelope, context)
        except CannotOpen:
            raise NotSent(otherwise, again=True) from None


def _mail(delivery: Delivery, sender: str, to: list[str]) -> Mail:
    notice = delivery.notice
    return Mail(
        id=delivery.id,
        sender=sender,
        to=to,
        subject=notice.title,
        text=as_text(notice),
        html=as_html(notice),
    )
