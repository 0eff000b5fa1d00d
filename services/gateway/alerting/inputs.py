"""What callers send about alerts."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from services.gateway.inputs import SIGNING_KEY, Moment, Name, PageQuery, example
from shared.contracts.alert import AlertStatus, Condition, Severity
from shared.mail_address import PATTERN, name_and_address
from shared.storage.alert_channels import Tls
from shared.storage.deliveries import DeliveryStatus

EXAMPLE_RULE = {
    "name": "Orders fail",
    "condition": {"kind": "failure_rate", "share": 0.2, "window_s": 600, "min_runs": 10},
    "severity": "critical",
    "workflows": ["wf_01KG9V3ZB5N8S2YF4H6J0K7PQR"],
    "channels": ["chan_01KG9V4R8D2M6Q0XW5T3Z7B1CE"],
    "cooldown_s": 900,
}
EXAMPLE_CHANNEL = {
    "name": "On call",
    "settings": {"kind": "webhook", "url": "https://hooks.example.com/weft"},
}
MOST_COOLDOWN_S = 30 * 86_400
KEY_PREFIX = "whsec_"


URL_PATTERN = r"^https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#][!-~]*)?$"
"""What `web_address` takes, but for what is wrong with an IPv6 address."""


def _address(text: str) -> str:
    name_and_address(text)
    return text


def web_address(text: str) -> str:
    """The URL itself; raises ValueError unless it is one that can be called and shown."""
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise ValueError("the URL must not hold a user or password")
    if not re.fullmatch(URL_PATTERN, text) or parts.port == 0:
        raise ValueError("a full URL that starts with http:// or https:// is wanted")
    return text


def _secret_address(secret: SecretStr) -> SecretStr:
    web_address(secret.get_secret_value())
    return secret


def _signing_key(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not re.fullmatch(SIGNING_KEY, text):
        raise ValueError("a signing key is `whsec_` and 24 to 64 bytes in base64")
    return SecretStr(text + "=" * (-len(text.removeprefix(KEY_PREFIX)) % 4))  # as those who sign want it


URL = Field(min_length=8, max_length=2000, json_schema_extra={"pattern": URL_PATTERN})
Address = Annotated[
    str, Field(max_length=320, json_schema_extra={"pattern": PATTERN}), AfterValidator(_address)
]
WebAddress = Annotated[str, URL, AfterValidator(web_address)]
SecretAddress = Annotated[SecretStr, URL, AfterValidator(_secret_address)]
SigningKey = Annotated[
    SecretStr,
    Field(max_length=200, json_schema_extra={"pattern": SIGNING_KEY}),
    AfterValidator(_signing_key),
]
Ids = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=100)]


class NewAlertRule(BaseModel):
    """When whom to tell."""

    model_config = example(EXAMPLE_RULE)
    name: Name
    condition: Condition
    severity: Severity = "warning"
    workflows: Ids = Field([], description="The workflows it concerns; left out, every run of the workspace")
    channels: Ids = Field([], description="Where to tell; without any, alerts are listed only")
    cooldown_s: int = Field(
        300, ge=0, le=MOST_COOLDOWN_S, description="No second alert about the same workflow within this"
    )
    active: bool = True


class AlertRuleChange(NewAlertRule):
    """A rule as it is to be, over revision `rev`."""

    model_config = example({**EXAMPLE_RULE, "rev": 1})
    rev: int = Field(ge=1)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class EmailInput(_Part):
    """Mails by a mail server of yours. With a `user` it wants a `password`."""

    kind: Literal["email"]
    host: str = Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:\[\]-]+$")
    port: int = Field(587, ge=1, le=65_535)
    tls: Tls = "starttls"
    user: str = Field("", max_length=320)
    password: SecretStr | None = Field(None, min_length=1, max_length=1000)
    sender: Address
    to: list[Address] = Field(min_length=1, max_length=50)


class SlackInput(_Part):
    """An incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat)."""

    kind: Literal["slack"]
    url: SecretAddress | None = Field(None, description="Left out in a change, it stays as it is")


class WebhookInput(_Part):
    """JSON to a URL, signed as Standard Webhooks has it. Each of `secrets` signs, so that keys can be
    changed without a gap; without any, one is made, and told once."""

    kind: Literal["webhook"]
    url: WebAddress
    secrets: list[SigningKey] | None = Field(None, min_length=1, max_length=3)


ChannelInput = Annotated[EmailInput | SlackInput | WebhookInput, Field(discriminator="kind")]


class NewAlertChannel(BaseModel):
    """Where to tell. Secrets are sealed on receipt and never shown again."""

    model_config = example(EXAMPLE_CHANNEL)
    name: Name
    settings: ChannelInput


class AlertChannelChange(NewAlertChannel):
    """A channel as it is to be, over revision `rev`. Secrets that are left out stay as they are, unless they
    would go to another server."""

    model_config = example({**EXAMPLE_CHANNEL, "rev": 1})
    rev: int = Field(ge=1)


class Acknowledgement(BaseModel):
    """Somebody has seen to it."""

    model_config = example({"note": "The supplier's API was down"}, {})
    note: str = Field("", max_length=2000)


class AlertsQuery(PageQuery):
    """Alerts, by any of these."""

    severity: Severity | None = None
    status: AlertStatus | None = None
    rule_id: str | None = Field(None, max_length=200)
    workflow_id: str | None = Field(None, max_length=200)
    run_id: str | None = Field(None, max_length=1000)
    since: Moment | None = None
    until: Moment | None = None


class DeliveriesQuery(PageQuery):
    """Deliveries, by any of these."""

    status: DeliveryStatus | None = None
    channel_id: str | None = Field(None, max_length=200)
    alert_id: str | None = Field(None, max_length=200)


class TestQuery(BaseModel):
    """How long to wait for the outcome."""

    model_config = ConfigDict(extra="forbid")
    wait: float = Field(15, ge=0, le=30, allow_inf_nan=False, description="Seconds to wait for the outcome")
