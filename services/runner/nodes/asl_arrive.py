"""Where states of an imported loop meet."""

from pydantic import Field

from services.runner.nodes._asl import Arriving, Token, arrived_token
from shared.nodes import Context, node


class Config(Arriving):
    """The tokens that may come, and which of them stay in the loop."""

    into: list[str | None] = Field(description="The ids that a token may name as its next; null is the end.")
    again: list[str] = Field(description="Those of them that another turn of the loop begins with.")


@node("asl.arrive", title="Arrive", category="asl", icon="repeat", part=True)
async def arrive(config: Config, context: Context) -> Token:
    """Hand on the token that has come, and tell whether the loop takes another turn."""
    token = arrived_token(config.tokens, *config.into)
    return {"data": token["data"], "next": token["next"], "again": token["next"] in config.again}
