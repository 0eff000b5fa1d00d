"""Fail on purpose."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from services.runner.nodes._values import as_text
from shared.nodes import Context, NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """The failure to answer with."""

    message: Annotated[Any, WithJsonSchema({"type": "string", "format": "template"})] = Field(
        "The workflow decided to fail here.", description="What a person is told."
    )
    code: str = Field(
        "failed",
        pattern=r"^[A-Za-z0-9_.-]{1,100}$",
        description="A stable name for the failure; timeout, rate_limited and unavailable may be retried.",
    )


@node("fail", title="Fail", category="control", icon="octagon-x")
async def fail(config: Config, context: Context) -> None:
    """Answer with a failure of the given code and message."""
    raise NodeFailed(config.code, as_text(config.message))
