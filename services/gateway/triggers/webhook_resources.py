"""What callers get of webhooks."""

from typing import Literal

from pydantic import BaseModel

from services.gateway.present import Shown
from shared.contracts.trigger import Trigger
from shared.contracts.webhook import Method, WebhookConfig


class WebhookResource(BaseModel):
    """An address that starts runs when something is sent to it."""

    kind: Literal["webhook"]
    methods: list[Method]


def webhook_shown(_trigger: Trigger, config: WebhookConfig) -> Shown:
    """The config of a webhook."""
    return config.model_dump()
