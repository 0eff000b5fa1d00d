"""The Retriers of an imported state that has several."""

from typing import Any

from pydantic import Field

from services.runner.nodes._asl import Fields
from shared.asl.retries import another
from shared.nodes import Context, NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """What has failed, and how often before."""

    state: Fields = Field(description="The state's Retry, as its definition has it.")
    failure: dict[str, Any] = Field(description="What the last attempt failed with.")
    before: dict[str, Any] | None = Field(None, description="What this answered after the attempt before.")
    branches: bool = Field(False, description="The state has branches, so States.BranchFailed names it too.")


@node("asl.retry", title="Retry", category="asl", icon="rotate-cw", part=True)
async def retry(config: Config, context: Context) -> dict[str, Any]:
    """Grant another attempt if a Retrier that names the failure has one left; fail with it if not."""
    retriers = config.state["Retry"]
    counts = config.before["counts"] if config.before else [0] * len(retriers)
    code = str(config.failure.get("code", ""))
    granted = another(retriers, counts, code, branches=config.branches)
    if granted is None:
        raise NodeFailed(code, str(config.failure.get("message", "")))
    return {"counts": granted.counts, "delay_s": granted.delay_s}
