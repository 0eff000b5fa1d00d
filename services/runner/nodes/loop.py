"""Run a graph again and again."""

from typing import Any

from pydantic import Field

from shared.contracts.directive import SpawnRuns
from shared.contracts.value import inline, to_json
from shared.nodes import Body, Context, NodeConfig, NodeFailed, PerItem, node

MOST_TURNS = 100_000


class Config(NodeConfig):
    """What to run for how long."""

    state: Any = Field(None, description="What the first turn begins with, as item.")
    while_: PerItem = Field(
        alias="while",
        description="Another turn is run while this holds for the state (item) and the turns so far (index), "
        "such as item.next is not None.",
    )
    graph: Body = Field(
        description="What a turn runs on item (the state) and index (the turn); its output is the next state."
    )
    max: int = Field(100, ge=1, le=MOST_TURNS, description="More turns than this fail with loop_limit.")


@node("loop", title="Loop", category="control", icon="repeat")
async def loop(config: Config, context: Context) -> Any:
    """Run a graph again and again, each time on what the last time gave, while an expression holds."""
    turn = context.turn
    state = context.state if turn else config.state
    if not await context.of_item(config.while_, state, turn):
        return state
    if turn >= config.max:
        raise NodeFailed(
            "loop_limit",
            f"After {turn:,} turns, the most there may be, {config.while_!r} still holds. "
            "Raise max, or see to it that it comes to an end.",
            turns=turn,
        )
    return SpawnRuns(shape="loop", item=inline(to_json(state)), turn=turn)
