"""Webhooks get what makes them safe: an address that cannot be guessed, and secrets."""

from dataclasses import dataclass, field

from services.gateway.errors import Refused
from services.gateway.hooks.sealing import (
    Sealing,
    address_of,
    new_password,
    new_signing_secret,
    new_token,
)
from services.gateway.triggers.webhook_inputs import (
    MOST_SECRETS,
    BasicAuthInput,
    HeaderAuthInput,
    HmacAuthInput,
    NewSecret,
    WebhookInput,
)
from shared.contracts.base import Millis
from shared.contracts.webhook import BasicAuth, HeaderAuth, HmacAuth, HookAuth, HookSecret, WebhookConfig
from shared.ids import new_id


@dataclass(frozen=True)
class Equipped:
    """A webhook that is complete, and the secrets that were drawn for it: they are told once."""

    config: WebhookConfig
    drawn: list[str] = field(default_factory=list[str])


class Equipping:
    """Equips the webhook of one trigger."""

    def __init__(self, sealing: Sealing, trigger_id: str, now: Millis) -> None:
        self._sealing = sealing
        self._trigger_id = trigger_id
        self._now = now

    def equip(self, wanted: WebhookInput, before: WebhookConfig | None) -> Equipped:
        """As it is wanted, with the address and those secrets of before that were not sent anew."""
        auth, drawn = self._auth(wanted, before.auth if before else None)
        config = wanted.stored().model_copy(update={"auth": auth})
        if before and before.token:
            return Equipped(
                config.model_copy(update={"token": before.token, "address": before.address}), drawn
            )
        return Equipped(self.moved(config), drawn)

    def moved(self, config: WebhookConfig) -> WebhookConfig:
        """The same at a new address."""
        token = new_token()
        sealed = self._sealing.seal(self._trigger_id, token)
        return config.model_copy(update={"token": sealed, "address": address_of(token)})

    def further(self, config: WebhookConfig, wanted: NewSecret) -> Equipped:
        """The same with a further signing secret; raises Refused where there is none."""
        if not isinstance(config.auth, HmacAuth):
            told = f"auth.kind: this webhook's is {config.auth.kind!r}; only `hmac` has several secrets"
            raise Refused("not_possible", told)
        last = self._now + int(wanted.keep_s * 1000)
        kept = [
            each.model_copy(update={"expires_at": min(each.expires_at or last, last)})
            for each in config.auth.secrets
            if each.expires_at is None or each.expires_at > self._now
        ]
        kept = [] if last <= self._now else kept[1 - MOST_SECRETS :]
        text = wanted.secret or new_signing_secret()
        auth = HmacAuth(secrets=[*kept, self._signing(text)])
        drawn = [] if wanted.secret else [text]
        return Equipped(config.model_copy(update={"auth": auth}), drawn)

    def _auth(self, wanted: WebhookInput, before: HookAuth | None) -> tuple[HookAuth, list[str]]:
        auth = wanted.auth
        if isinstance(auth, HmacAuthInput):
            if auth.secrets is None and isinstance(before, HmacAuth) and before.secrets:
                return before, []
            texts = auth.secrets or [new_signing_secret()]
            drawn = [] if auth.secrets else texts
            return HmacAuth(secrets=[self._signing(each) for each in texts]), drawn
        if isinstance(auth, HeaderAuthInput):
            if auth.secret is None and isinstance(before, HeaderAuth) and before.secret:
                return before.model_copy(update={"header": auth.header}), []
            text = auth.secret or new_password()
            kept = HeaderAuth(header=auth.header, secret=self._sealing.keyed(self._trigger_id, text))
            return kept, [] if auth.secret else [text]
        if isinstance(auth, BasicAuthInput):
            if auth.password is None and isinstance(before, BasicAuth) and before.password:
                return before.model_copy(update={"user": auth.user}), []
            text = auth.password or new_password()
            password = self._sealing.keyed(self._trigger_id, text)
            return BasicAuth(user=auth.user, password=password), [] if auth.password else [text]
        return auth.stored(), []

    def _signing(self, text: str) -> HookSecret:
        sealed = self._sealing.seal(self._trigger_id, text)
        return HookSecret(id=new_id("whs"), sealed=sealed, created_at=self._now)
