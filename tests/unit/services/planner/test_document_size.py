"""What comes together in one run's document stays far below what a store takes (16 MB)."""

from collections.abc import Mapping, Sequence
from typing import Any

import bson

from services.planner.outputs import Outputs
from services.planner.results import ALL_ATTACHED_BYTES, Results
from services.planner.transitions import Decision
from shared.contracts.failure import failure
from shared.contracts.graph import MOST_NODES
from shared.contracts.node_run import NodeRun
from shared.storage.runs import _document
from tests.builders import finished, graph, pinned, run, succeeded, version
from tests.unit.services.planner.play import Play


def test_a_thousand_failures() -> None:
    """Each as long as it may be, of nodes after which the graph goes on, all in one batch."""
    paths = [f"n{number}" for number in range(MOST_NODES)]
    going_on: dict[str, Any] = {each: {"on_failure": "continue"} for each in paths}
    of = graph(*paths, settings={"max_parallel": MOST_NODES}, **going_on)
    play = Play(version(of))
    long = failure("bad", "\U0001f9f6" * 4000, hints=["y" * 4000] * 10)
    results = [succeeded(each, at=play.now) for each in paths]
    failed = {"status": "failed", "port": None, "output": None, "failure": long}
    play.tell(*(finished(each.model_copy(update=failed)) for each in results))
    assert play.run.status == "succeeded"
    assert len(bson.encode(_document(play.run))) < 8_000_000
    assert play.result("n7").failure == long, "the attempt has all of it"


class NodeRuns:
    """Keeps what is inserted."""

    def __init__(self) -> None:
        self.inserted: list[NodeRun] = []

    async def insert(self, node_runs: Sequence[NodeRun]) -> set[str]:
        self.inserted += node_runs
        return set()


async def test_of_many_results_some_travel_in_the_run_and_all_others_are_stored() -> None:
    node_runs: Any = NodeRuns()
    results = Results(node_runs, Outputs(node_runs), payloads=None, naming=None)  # type: ignore[arg-type]
    names = [f"n{number}" for number in range(100)]
    answers = [finished(succeeded(each, output="x" * 30_000)) for each in names]
    decision = Decision(run(), True, results={(each.head, 1): each.results for each in answers})
    messages: Mapping[tuple[str, int], Any] = {(each.head, 1): each for each in answers}
    storing = await results.store([(run(), decision, pinned(graph(*names)), messages)])
    attached = storing.attached["run_1"]
    assert 30 <= len(attached) <= ALL_ATTACHED_BYTES // 30_000
    assert len(attached) + len(node_runs.inserted) == 100
    assert not {each.id for each in node_runs.inserted} & attached.keys()
