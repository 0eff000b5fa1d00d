"""Two ways on."""

from typing import Any

from pydantic import Field

from shared.nodes import Context, NodeConfig, Routed, node


class Config(NodeConfig):
    """What decides."""

    when: Any = Field(
        description="One expression around the whole comparison, such as {{ nodes.a.n > 5 }}. "
        "False, null, 0, empty text, an empty list and an empty object take the port false."
    )


@node("condition", title="Condition", category="logic", icon="split", ports=["true", "false"])
async def condition(config: Config, context: Context) -> Routed:
    """Go on through the port true or the port false."""
    holds = bool(config.when)
    return Routed("true" if holds else "false", {"when": holds})
