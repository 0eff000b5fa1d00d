"""An imported Fail state."""

from typing import Any

from services.runner.nodes._asl import StateConfig, arrived, failing_as_told
from shared.asl.errors import RUNTIME, StatesError
from shared.asl.templates import path_or_call
from shared.nodes import Context, NodeFailed, node

UNNAMED = "States.Failed"


class Config(StateConfig):
    """The state and its Error and Cause."""


@node("asl.fail", title="Fail", category="asl", icon="octagon-x")
async def fail(config: Config, context: Context) -> None:
    """Fail with the Error and Cause of a Fail state."""
    data = arrived(config.tokens, config.at)
    with failing_as_told():
        around = config.context_object(context)
        error = _text(config.state, "Error", data, around)
        cause = _text(config.state, "Cause", data, around)
    raise NodeFailed(error or UNNAMED, cause)


def _text(state: dict[str, Any], name: str, data: Any, around: dict[str, Any]) -> str:
    """A field that may also be given by a path or a function."""
    if f"{name}Path" not in state:
        return str(state.get(name, ""))
    found = path_or_call(state[f"{name}Path"], data, around)
    if not isinstance(found, str):
        raise StatesError(RUNTIME, f"'{name}Path' must lead to a string, not {found!r:.100}")
    return found
