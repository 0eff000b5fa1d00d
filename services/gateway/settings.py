"""What the gateway reads from the environment, besides what every service does."""

import sys
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator

from services.gateway.limits.rates import quota
from shared.contracts.graph import DEFAULT_MAX_NODES, MOST_NODES
from shared.plans import load_plans
from shared.sealing import SealingKey
from shared.service import Settings


def _rate(text: str) -> str:
    quota(text)
    return text


Rate = Annotated[str, AfterValidator(_rate)]
"""Such as `100/minute` or `5 per 2 seconds`."""


class GatewaySettings(Settings):
    """Names are prefixed with `WEFT_`."""

    host: str = "127.0.0.1"
    port: int = Field(8400, ge=0, le=65_535)
    secret: SecretStr = Field(min_length=32, description="What tokens are made with; one for all gateways")
    previous_secrets: SecretStr = Field(
        SecretStr(""), description="What the secret was before, separated by commas: still good for reading"
    )
    api_key: SecretStr | None = Field(
        None, min_length=1, description="The installation's key; without it the first start draws one"
    )
    owner_email: str = Field("owner@localhost", description="Who the first start makes an owner")
    owner_password: SecretStr | None = Field(None, min_length=10)
    vault_public_key: str = Field("", description="What secrets are sealed to; without it none can be kept")
    smtp_from: str = Field(
        "", description="Whom the installation's own mails are from; without it none are sent"
    )
    plans: str = Field("", description="A file of plans instead of those that come along (shared/plans.yaml)")
    sign_up: Literal["closed", "open"] = Field(
        "closed", description="Whether strangers may sign up; with `open` everybody may make workspaces too"
    )
    oidc_issuer: str = Field("", description="The OpenID provider that people may sign in with: its URL")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = Field("Single sign-on", description="What people know the OpenID provider by")
    oidc_domains: str = Field(
        "", description="Whose addresses the OpenID provider is trusted with, by domain, separated by commas"
    )
    max_body_mb: float = Field(5, gt=0, le=100, description="Largest request body, in megabytes")
    max_nodes: int = Field(DEFAULT_MAX_NODES, ge=1, le=MOST_NODES)
    public_url: str = Field(
        "", description="Where callers reach the gateway, if that is not what they ask for"
    )
    stalled_s: float = Field(
        60,
        gt=0,
        description="A caller that reads nothing of its answer for so long is let go, in seconds; as is one "
        "that takes so long to say what it wants, a second more for each 1,000 bytes of a body",
    )
    rate_per_key: Rate = Field("60000/minute", description="Requests of one key or person")
    rate_per_address: Rate = Field("60000/minute", description="Requests from one address")
    rate_sign_in: Rate = Field("60/minute", description="Attempts to sign in and the like from one address")
    requests_at_once: int = Field(1000, ge=1, description="Requests of one key or person under way at once")
    trusted_proxies: str = Field("", description="Addresses or networks whose X-Forwarded-For is believed")
    allowed_hosts: str = Field("", description="Host names to answer for, separated by commas; empty: any")
    cors_origins: str = Field("", description="Origins whose pages may call the API, separated by commas")
    heartbeat_s: float = Field(15, gt=0, description="Longest silence on an event stream, in seconds")

    @field_validator("vault_public_key")
    @classmethod
    def _is_key(cls, value: str) -> str:
        if value:
            SealingKey.parse(value)
        return value

    @field_validator("plans")
    @classmethod
    def _are_plans(cls, value: str) -> str:
        load_plans(value)
        return value

    @property
    def sealing(self) -> SealingKey | None:
        """What secrets are sealed to."""
        return SealingKey.parse(self.vault_public_key) if self.vault_public_key else None

    @property
    def own_key(self) -> str | None:
        """The installation's key, if the environment has it."""
        return self.api_key.get_secret_value() if self.api_key else None

    @property
    def sends_mail(self) -> bool:
        """Whether people get mails: their links need an address, and a key that they are sealed to."""
        return bool(self.smtp_from and self.public_url and self.vault_public_key)

    @property
    def hosts(self) -> list[str]:
        """The names in `allowed_hosts`."""
        return _listed(self.allowed_hosts)

    @property
    def origins(self) -> list[str]:
        """The origins in `cors_origins`."""
        return _listed(self.cors_origins)

    @property
    def secrets(self) -> list[str]:
        """The secret that makes tokens, then those that made them before."""
        before = self.previous_secrets.get_secret_value().split(",")
        return [self.secret.get_secret_value(), *filter(None, map(str.strip, before))]


def load_settings() -> GatewaySettings:
    """The settings; leaves with one clear sentence for each that is missing or wrong."""
    try:
        return GatewaySettings.model_validate({})
    except ValidationError as error:
        sys.exit("\n".join(f"gateway: {_told(each['loc'], each['msg'])}" for each in error.errors()))


def _listed(text: str) -> list[str]:
    return [each for each in map(str.strip, text.split(",")) if each]


def _told(location: tuple[int | str, ...], message: str) -> str:
    name = f"WEFT_{str(location[0]).upper()}" if location else "settings"
    if name == "WEFT_SECRET":
        return f"{name} must be set to 32 or more characters that nobody knows: try `openssl rand -hex 32`"
    return f"{name}: {message}"
