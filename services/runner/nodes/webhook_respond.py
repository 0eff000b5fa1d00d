"""Answer who has called a webhook."""

from typing import Any

from pydantic import Field
from typing_extensions import TypedDict

from shared.contracts.webhook import AnswerHeaders, AnswerStatus
from shared.nodes import Context, NodeConfig, node


class Config(NodeConfig):
    """The answer."""

    status: AnswerStatus = Field(200, description="HTTP status, 200 to 599.")
    headers: AnswerHeaders = Field(
        default_factory=dict[str, str],
        description="Headers: content-type, location, cache-control and the like, and any x-... of your own.",
    )
    body: Any = Field(None, description="A text is sent as it is, anything else as JSON, null as nothing.")


class Answer(TypedDict):
    """What the caller gets."""

    status: int
    headers: dict[str, str]
    body: Any


@node("webhook.respond", title="Respond to webhook", category="control", icon="reply")
async def webhook_respond(config: Config, context: Context) -> Answer:
    """Answer the caller of the webhook that has started this run; the first answer counts."""
    return Answer(status=config.status, headers=config.headers, body=config.body)
