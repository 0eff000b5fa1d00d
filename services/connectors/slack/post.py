"""`slack.post`: a message by an incoming webhook."""

from typing import Any

from pydantic import Field
from typing_extensions import TypedDict

from services.connectors.slack.credentials import SlackWebhook
from services.connectors.webhook.client import post_json
from shared.context import Context
from shared.contracts.value import to_json
from shared.nodes import NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """What to say."""

    text: str = Field(min_length=1, description="The message, in Slack's own markup.")
    blocks: list[dict[str, Any]] = Field([], max_length=50, description="Blocks of the Block Kit.")


class Posted(TypedDict):
    """What Slack said to it: `ok`."""

    answer: str


@node(
    "slack.post", title="Post to Slack", category="messages", icon="message-square", pool="slack",
    side_effects="once", credential_type="slack.webhook",
)  # fmt: skip
async def post(config: Config, context: Context) -> Posted:
    """Post a message to the channel that a webhook belongs to."""
    if context.http is None or context.credential is None:
        raise NodeFailed("missing_credential", "slack.post needs a credential of type slack.webhook")
    data: SlackWebhook = context.credential.data
    body = {"text": config.text, **({"blocks": config.blocks} if config.blocks else {})}
    _, answer = await post_json(context.http, data.url, to_json(body).encode(), {}, shown=False)
    return {"answer": answer}
