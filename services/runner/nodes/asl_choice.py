"""An imported Choice state."""

from pydantic import Field

from services.runner.nodes._asl import StateConfig, Way, arrived, failing_as_told
from shared.asl.choice import holds
from shared.asl.data import selected
from shared.asl.errors import NO_CHOICE
from shared.nodes import Context, NodeFailed, Routed, node


class Config(StateConfig):
    """The state and its ways on."""

    ways: list[Way] = Field(description="The states it may lead to.", min_length=1)


@node("asl.choice", title="Choice", category="asl", icon="split", ports=[], ports_from="ways[].port")
async def choice(config: Config, context: Context) -> Routed:
    """Take the way of the first Choice Rule that holds, or of Default."""
    state = config.state
    with failing_as_told():
        around = config.context_object(context)
        data = selected(state.get("InputPath", "$"), arrived(config.tokens, config.at), around)
        chosen = next((rule["Next"] for rule in state["Choices"] if holds(rule, data, around)), None)
        chosen = chosen or state.get("Default")
        if chosen is None:
            raise NodeFailed(NO_CHOICE, f"no Choice Rule of {config.name!r} holds, and there is no Default")
        output = selected(state.get("OutputPath", "$"), data, around)
    port = next(way.port for way in config.ways if way.state == chosen)
    return Routed(port, {"data": output, "next": port})
