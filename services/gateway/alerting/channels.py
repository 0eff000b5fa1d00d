"""From what a caller says of a channel to what is stored: its secrets apart, sealed."""

import secrets
from base64 import b64encode
from urllib.parse import urlsplit

import orjson
from pydantic import SecretStr

from services.gateway.alerting.inputs import KEY_PREFIX, EmailInput, NewAlertChannel, SlackInput, WebhookInput
from services.gateway.errors import Refused, refusal
from shared.sealing import SealingKey
from shared.storage.alert_channels import (
    AlertChannel,
    ChannelSettings,
    EmailSettings,
    SlackSettings,
    WebhookSettings,
    channel_context,
)

NEW_KEY_BYTES = 32


def new_signing_key() -> str:
    """A signing key, as Standard Webhooks writes it."""
    return KEY_PREFIX + b64encode(secrets.token_bytes(NEW_KEY_BYTES)).decode()


def changed(
    before: AlertChannel, wanted: NewAlertChannel, key: SealingKey | None, made: str | None = None
) -> AlertChannel:
    """The channel as it is wanted. A secret that is not given stays; `made` is the signing key of a new
    webhook without any. Raises Refused where one is needed: above all when it would go to another server,
    which somebody may have named just to see it."""
    settings, given = _settings(wanted, before.settings), _given(wanted, made)
    sealed, kid = before.sealed, before.kid
    if given and key is None:
        raise Refused("no_vault", "No secrets can be kept: the gateway has no WEFT_VAULT_PUBLIC_KEY")
    if given and key:
        sealed, kid = key.seal(orjson.dumps(given), channel_context(before)), key.kid
    elif not _keeps(before, settings):
        sealed = kid = ""
        if not isinstance(settings, EmailSettings) or settings.user:
            raise _missing(settings)
    return before.model_copy(update={"name": wanted.name, "settings": settings, "sealed": sealed, "kid": kid})


def _settings(wanted: NewAlertChannel, before: ChannelSettings) -> ChannelSettings:
    """What of it may be shown."""
    match wanted.settings:
        case EmailInput() as email:
            return EmailSettings.model_validate(email.model_dump(exclude={"password"}))
        case SlackInput(url=url):
            kept = before.host if isinstance(before, SlackSettings) else ""
            host = urlsplit(url.get_secret_value()).hostname if url else kept
            return SlackSettings(kind="slack", host=host or "")
        case WebhookInput(url=url):
            return WebhookSettings(kind="webhook", url=url)


def _given(wanted: NewAlertChannel, made: str | None) -> dict[str, object]:
    """The secrets that came along."""
    match wanted.settings:
        case EmailInput(password=SecretStr() as password):
            return {"password": password.get_secret_value()}
        case SlackInput(url=SecretStr() as url):
            return {"url": url.get_secret_value()}
        case WebhookInput(secrets=list() as keys):
            return {"secrets": [each.get_secret_value() for each in keys]}
        case WebhookInput() if made:
            return {"secrets": [made]}
        case _:
            return {}


def _keeps(before: AlertChannel, settings: ChannelSettings) -> bool:
    """Whether the secrets it has may serve these settings. A signing key is not told to anybody who is sent
    what it signs; a password is."""
    if not before.sealed or before.settings.kind != settings.kind:
        return False
    if not isinstance(settings, EmailSettings):
        return True
    same = {"host", "port", "tls", "user"}
    return before.settings.model_dump(include=same) == settings.model_dump(include=same)


def _missing(settings: ChannelSettings) -> Exception:
    field = {"email": "password", "slack": "url", "webhook": "secrets"}[settings.kind]
    said = f"give the {field}: there is none yet, or it was for another server or user"
    fault = {"path": f"settings.{settings.kind}.{field}", "code": "secret_needed", "message": said}
    return refusal("secret_needed", [fault])
