"""The items of an imported Map state."""

from typing import Any

from services.runner.nodes._asl import StateConfig, arrived, failing_as_told
from shared.asl.batches import concurrency_of, inputs_of, tolerated
from shared.asl.data import selected
from shared.nodes import Context, node


class Config(StateConfig):
    """The Map state whose items they are."""


@node("asl.items", title="Map items", category="asl", icon="list-ordered", part=True)
async def items(config: Config, context: Context) -> dict[str, Any]:
    """Work out what each iteration of a Map state begins with, and how many may run or fail."""
    raw, state = arrived(config.tokens, config.at), config.state
    with failing_as_told():
        around = config.context_object(context)
        found = inputs_of(state, raw, around)
        data = selected(state.get("InputPath", "$"), raw, around)
        return {
            "raw": raw,
            "items": found,
            "concurrency": concurrency_of(state, data, around),
            "tolerated": tolerated(state, len(found), data, around),
        }
