"""What a webhook is set to: an address that starts runs when something is sent to it."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class WebhookConfig(Contract):
    """A webhook: the methods it takes."""

    kind: Literal["webhook"] = "webhook"
    methods: list[Method] = Field(default_factory=lambda: ["POST"])
