"""How long an imported Wait state waits."""

from typing import Any

from services.runner.nodes._asl import StateConfig, arrived, failing_as_told
from shared.asl.data import seconds_from, selected
from shared.nodes import Context, node


class Config(StateConfig):
    """The Wait state."""


@node("asl.delay", title="Wait input", category="asl", icon="hourglass", part=True)
async def delay(config: Config, context: Context) -> dict[str, Any]:
    """Read how long a Wait state waits from its input: a number of seconds, or a timestamp."""
    with failing_as_told():
        around = config.context_object(context)
        data = selected(config.state.get("InputPath", "$"), arrived(config.tokens, config.at), around)
        return {"input": data, "until": seconds_from(config.state, data, around)}
