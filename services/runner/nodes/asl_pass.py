"""An imported Pass or Succeed state."""

from pydantic import Field

from services.runner.nodes._asl import StateConfig, Token, arrived, failing_as_told
from shared.asl.data import effective_input, output
from shared.nodes import Context, node


class Config(StateConfig):
    """The state, and what comes next."""

    next: str | None = Field(description="The id of the next state's first node; null at the end.")


@node("asl.pass", title="Pass", category="asl", icon="arrow-right")
async def pass_on(config: Config, context: Context) -> Token:
    """Hand on the input as a Pass or Succeed state does, with its Result and its paths applied."""
    raw, state = arrived(config.tokens, config.at), config.state
    with failing_as_told():
        around = config.context_object(context)
        data = effective_input(state, raw, around)
        result = state.get("Result", data)
        return {"data": output(state, raw, result, around), "next": config.next}
