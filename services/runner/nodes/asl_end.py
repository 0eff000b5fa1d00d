"""Where an imported state machine, a branch or an iteration ends."""

from typing import Any

from pydantic import Field

from services.runner.nodes._asl import Arriving, arrived
from shared.nodes import Context, node


class Config(Arriving):
    """The tokens that may come."""

    wrapped: bool = Field(False, description="Answer {data: ...}, to be told from the failure of an item.")


@node("asl.end", title="End", category="asl", icon="flag", part=True)
async def end(config: Config, context: Context) -> Any:
    """Answer with the output of the state that an imported state machine ended in."""
    data = arrived(config.tokens, None)
    return {"data": data} if config.wrapped else data
