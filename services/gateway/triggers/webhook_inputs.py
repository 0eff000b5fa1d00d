"""What callers send to set up a webhook."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from services.gateway.inputs import example
from shared.contracts.webhook import Method, WebhookConfig


class WebhookInput(BaseModel):
    """An address that starts runs when something is sent to it."""

    model_config = example({"kind": "webhook", "methods": ["POST"]})
    kind: Literal["webhook"]
    methods: Annotated[list[Method], Field(min_length=1, max_length=5)] = ["POST"]

    def stored(self) -> WebhookConfig:
        """As it is kept."""
        return WebhookConfig(methods=self.methods)
