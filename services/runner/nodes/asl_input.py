"""The input of an imported state."""

from typing import Any

from services.runner.nodes._asl import StateConfig, arrived, failing_as_told
from shared.asl.data import effective_input
from shared.nodes import Context, node


class Config(StateConfig):
    """The state whose input it is."""


@node("asl.input", title="State input", category="asl", icon="arrow-right-to-line", part=True)
async def state_input(config: Config, context: Context) -> dict[str, Any]:
    """Apply a state's InputPath and Parameters to its raw input."""
    raw = arrived(config.tokens, config.at)
    with failing_as_told():
        return {"raw": raw, "input": effective_input(config.state, raw, config.context_object(context))}
