"""What has been decided, made ready to be saved."""

from services.planner.decide import decide
from services.planner.keeping import Keeping
from services.planner.work import Work
from shared.contracts.events import RunRequested
from tests.builders import NOW, graph, pinned, run


async def test_each_save_has_a_mark_of_its_own() -> None:
    """One of unknown outcome may be applied after the same planner has decided again on the same revision."""
    keeping = Keeping("planner_1", None, None)  # type: ignore[arg-type]
    before, of = run(), pinned(graph("a"))
    marks: list[str] = []
    for _ in range(2):
        decision = decide(before, of, [RunRequested(run_id=before.id)], NOW)
        work = Work(before, of, [], decision, "")
        await keeping.complete([work])
        marks.append(work.decision.run.writer)
        assert work.decision.run.rev == before.rev + 1
    assert marks[0] != marks[1]
    assert all(mark.startswith("planner_1") for mark in marks)
