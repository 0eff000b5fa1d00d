"""Write text."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from services.runner.nodes._values import as_text
from shared.nodes import Context, NodeConfig, node


class Config(NodeConfig):
    """The text with its gaps."""

    template: Annotated[Any, WithJsonSchema({"type": "string", "format": "template"})] = Field(
        description="Text in which every {{ }} is replaced by its value; lists and objects become JSON."
    )


@node("text.template", title="Template", category="text", icon="letter-text")
async def template(config: Config, context: Context) -> str:
    """Write a text with values filled in."""
    return as_text(config.template)
