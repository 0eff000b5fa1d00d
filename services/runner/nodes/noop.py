"""Do nothing."""

from typing import Any

from pydantic import Field

from shared.nodes import Context, NodeConfig, node


class Config(NodeConfig):
    """What a `noop` node lets through."""

    input: Any = Field(
        None, description="What to hand on unchanged, such as {{ nodes.fetch.body }}; null if left out."
    )


@node("noop", title="Pass through", category="control", icon="circle-dashed")
async def noop(config: Config, context: Context) -> Any:
    """Hand the input on unchanged; a place for branches to meet."""
    return config.input
