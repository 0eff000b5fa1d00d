"""Wait for a call from outside."""

from typing import Any

from pydantic import Field

from services.runner.nodes._waiting import TimeoutS, form_of, in_seconds, refuse_dry
from shared.contracts.directive import AwaitSignal
from shared.contracts.graph import OUT, TIMEOUT
from shared.nodes import Context, NodeConfig, node


class Config(NodeConfig):
    """What to wait for, and for how long."""

    json_schema: dict[str, Any] | bool | None = Field(
        None,
        alias="schema",
        description="A JSON Schema that the body of the call must fit; others are refused.",
    )
    timeout_s: TimeoutS | None = Field(
        None, description="After so many seconds it goes on through the port timeout; left out, never."
    )


@node("signal", title="Wait for a call", category="control", icon="radio", ports=[OUT, TIMEOUT], waits=True)
async def signal(config: Config, context: Context) -> AwaitSignal:
    """Wait until somebody calls the URL run.signals.<this node's id>, and hand on what was sent."""
    refuse_dry(context, "calls")
    return AwaitSignal(form=await form_of(config.json_schema), timeout_at=in_seconds(config.timeout_s))
