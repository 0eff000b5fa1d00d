"""What nodes answered is kept at hand, within bounds, and read back when it no longer is."""

from collections.abc import Sequence

import pytest

from services.planner import outputs as module
from services.planner.outputs import Outputs
from shared.contracts.node_run import NodeRun
from shared.contracts.run import NodeState, Run
from shared.contracts.value import inline
from tests.builders import failed, run, succeeded


class NodeRuns:
    """A store that notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def load(self, ids: Sequence[str]) -> dict[str, NodeRun]:
        """All of them, each with the output 1 of its node `a`."""
        self.asked += ids
        found = [(each, each.split(":")[0], int(each.split(":")[2])) for each in ids]
        return {
            each: NodeRun(
                id=each,
                run_id=of,
                workspace_id="default",
                results=[succeeded("a", output=1, attempt=made)],
                created_at=1,
            )
            for each, of, made in found
        }


def done(run_id: str) -> Run:
    """A run whose node `a` has succeeded."""
    return run(run_id, nodes={"a": NodeState(status="succeeded", attempt=1, head="a", head_attempt=1)})


async def test_very_many_small_outputs_are_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map of light items leaves one for each of its child runs."""
    monkeypatch.setattr(module, "MAX_BYTES", 100 * module.ENTRY_BYTES)
    node_runs = NodeRuns()
    outputs = Outputs(node_runs)  # type: ignore[arg-type]
    for n in range(200):
        outputs.remember(f"run_{n}", [succeeded("a", output=1)])
    assert await outputs.of(done("run_199"), ["a"]) == {"a": inline("1")}
    assert node_runs.asked == []
    assert await outputs.of(done("run_0"), ["a"]) == {"a": inline("1")}
    assert node_runs.asked == ["run_0:a:1"]


async def test_the_output_of_an_earlier_attempt_does_not_count() -> None:
    """The next one was made while another planner had the run."""
    node_runs = NodeRuns()
    outputs = Outputs(node_runs)  # type: ignore[arg-type]
    outputs.remember("run_1", [failed("a", attempt=1)])
    again = NodeState(status="succeeded", attempt=2, head="a", head_attempt=2)
    assert await outputs.of(run("run_1", nodes={"a": again}), ["a"]) == {"a": inline("1")}
    assert node_runs.asked == ["run_1:a:2"]


async def test_what_is_forgotten_while_others_are_read_is_sent_all_the_same() -> None:
    """Another planner has saved the run meanwhile; a message with `null` in its place would be wrong data."""
    node_runs = NodeRuns()
    outputs = Outputs(node_runs)  # type: ignore[arg-type]
    outputs.remember("run_1", [succeeded("b", output=2)])
    both = {each: NodeState(status="succeeded", attempt=1, head=each, head_attempt=1) for each in "ab"}
    load = node_runs.load

    async def loaded(ids: Sequence[str]) -> dict[str, NodeRun]:
        outputs.forget("run_1")
        return await load(ids)

    node_runs.load = loaded  # type: ignore[method-assign]
    found = await outputs.of(run("run_1", nodes=both), ["a", "b"])
    assert found == {"a": inline("1"), "b": inline("2")}
