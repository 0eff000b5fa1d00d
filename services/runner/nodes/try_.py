"""Run a graph that may fail."""

from pydantic import Field

from shared.contracts.directive import SpawnRuns
from shared.contracts.graph import FAILURE, OUT
from shared.nodes import Body, Context, NodeConfig, node


class Config(NodeConfig):
    """What to try, and what to do in the end."""

    graph: Body = Field(description="What is run; the node's own retry policy repeats it as a whole.")
    finally_: Body | None = Field(
        None,
        alias="finally",
        description="What is run once at the end, whatever has come of it, on item: {output, failure}.",
    )


@node("try", title="Try", category="control", icon="shield", ports=[OUT, FAILURE])
async def try_graph(config: Config, context: Context) -> SpawnRuns:
    """Run a graph; if it fails, go on through the port failure with what went wrong."""
    return SpawnRuns.model_validate({"shape": "try", "finally": config.finally_ is not None})
