"""The Catchers of an imported state."""

from typing import Any

from pydantic import Field

from services.runner.nodes._asl import StateConfig, Way, arrived, failing_as_told
from shared.asl.data import output
from shared.asl.errors import error_name, named_by
from shared.nodes import Context, NodeFailed, Routed, node


class Config(StateConfig):
    """What has failed, and the ways on."""

    failures: list[Any] = Field(
        description="What the state's nodes answered, the last one first: the first that is there failed."
    )
    ways: list[Way] = Field([], description="The states it may lead to.")
    branches: bool = Field(False, description="The state has branches, so States.BranchFailed names it too.")


@node(
    "asl.catch",
    title="Catch",
    category="asl",
    icon="life-buoy",
    ports=[],
    ports_from="ways[].port",
    part=True,
)
async def catch(config: Config, context: Context) -> Routed:
    """Take the way of the first Catcher that names the failure; fail with it if none does."""
    failed = next((each for each in config.failures if each is not None), {})
    code, cause = str(failed.get("code", "")), str(failed.get("message", ""))
    for catcher in config.state["Catch"]:
        if named_by(catcher["ErrorEquals"], code, branches=config.branches):
            break
    else:
        raise NodeFailed(code, cause)
    told = {"Error": error_name(code), "Cause": cause}
    raw = arrived(config.tokens, config.at)
    with failing_as_told():
        placed = {"ResultPath": catcher["ResultPath"]} if "ResultPath" in catcher else {}
        data = output(placed, raw, told, config.context_object(context))
    port = next(way.port for way in config.ways if way.state == catcher["Next"])
    return Routed(port, {"data": data, "next": port})
