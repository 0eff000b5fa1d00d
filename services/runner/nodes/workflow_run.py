"""Run another workflow."""

from typing import Any

from pydantic import Field

from services.runner.nodes._waiting import refuse_dry
from shared.contracts.directive import SpawnRuns
from shared.contracts.value import inline, to_json
from shared.nodes import Context, NodeConfig, node


class Config(NodeConfig):
    """Which workflow to run on what."""

    workflow_id: str = Field(min_length=1, max_length=100, description="The workflow to run.")
    version: int | None = Field(
        None, ge=1, description="Which of its published versions; left out, the latest."
    )
    input: Any = Field({}, description="What it finds as trigger.")
    wait: bool = Field(
        True, description="Whether to wait for its output; otherwise the output is its {run_id} at once."
    )


@node("workflow.run", title="Run a workflow", category="control", icon="workflow", waits=True)
async def run_workflow(config: Config, context: Context) -> SpawnRuns:
    """Run another published workflow and hand on its output."""
    refuse_dry(context, "runs other workflows")
    return SpawnRuns(
        shape="workflow",
        workflow_id=config.workflow_id,
        version=config.version,
        item=inline(to_json(config.input)),
        wait=config.wait,
    )
