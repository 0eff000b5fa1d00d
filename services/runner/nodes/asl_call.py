"""An imported Task state that Weft has no node type for."""

from typing import Any

from pydantic import Field

from shared.asl.errors import NO_COUNTERPART
from shared.nodes import Code, Context, NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """What the state called."""

    resource: Code = Field(description="The Resource that the state named.")
    input: Any = Field(None, description="What it was called with.")


@node("asl.call", title="Task without counterpart", category="asl", icon="circle-help")
async def no_counterpart(config: Config, context: Context) -> None:
    """Stand in for a Task state's work until it is replaced; it fails unless a dry run mocks it."""
    raise NodeFailed(
        NO_COUNTERPART,
        f"The state called {config.resource[:300]}, which was not carried over. Replace this node by one "
        "that does the same, or mock it in a dry run.",
    )
