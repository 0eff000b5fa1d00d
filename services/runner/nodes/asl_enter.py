"""Where an imported state machine, a branch, an iteration or a turn begins."""

from typing import Any

from pydantic import Field

from shared.asl.scope import END
from shared.nodes import Context, NodeConfig, Routed, node


class Config(NodeConfig):
    """What goes in, and to which state."""

    data: Any = Field(description="The input of the state that comes next.")
    next: str | None = Field(description="The id of that state's first node; null at the end.")
    map: Any = Field(None, description="What the iteration works on, for $$.Map.")
    ports: list[str] = Field(description="The states that it may lead to.", min_length=1)


@node("asl.enter", title="Enter", category="asl", icon="log-in", ports=[], ports_from="ports[]", part=True)
async def enter(config: Config, context: Context) -> Routed:
    """Hand the input of an imported state machine on to the state that comes next."""
    output = {"data": config.data, "next": config.next, "map": config.map}
    return Routed(END if config.next is None else config.next, output)
