"""`webhook.send`: JSON to a URL, signed as Standard Webhooks has it."""

from typing import Any

from pydantic import Field
from typing_extensions import TypedDict

from services.connectors.webhook.client import post_json
from services.connectors.webhook.credentials import WebhookKey
from services.connectors.webhook.signing import signed_headers
from shared.context import Context
from shared.contracts.value import to_json
from shared.ids import now_ms
from shared.nodes import NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """What to tell whom."""

    url: str = Field(description="Where to: a full http:// or https:// URL, without user and password.")
    data: Any = Field(description="The body, as a value to send as JSON.")


class Told(TypedDict):
    """The id by which the receiver knows a repeated one, and what it answered."""

    id: str
    status: int
    answer: str


@node(
    "webhook.send", title="Send webhook", category="messages", icon="webhook", pool="webhook",
    side_effects="repeatable", credential_type="webhook.key",
)  # fmt: skip
async def send(config: Config, context: Context) -> Told:
    """Tell another program something, signed so that it can trust it."""
    if context.http is None or context.credential is None:
        raise NodeFailed("missing_credential", "webhook.send needs a credential of type webhook.key")
    data: WebhookKey = context.credential.data
    body = to_json(config.data).encode()
    try:
        headers = signed_headers(data.keys, context.idempotency_key, now_ms() // 1000, body)
    except ValueError as error:
        raise NodeFailed("bad_config", str(error)) from None
    status, answer = await post_json(context.http, config.url, body, headers)
    return {"id": context.idempotency_key, "status": status, "answer": answer}
