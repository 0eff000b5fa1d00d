"""What has been decided, made ready to be saved."""

from typing import Any, cast

from services.planner.decide import RESEND_MS, decide
from services.planner.keeping import LOOK_MS, Keeping
from services.planner.transitions import Decision
from services.planner.work import Work
from shared.contracts.events import RunRequested
from shared.contracts.run import NodeState, Run
from shared.ids import now_ms
from tests.builders import NOW, graph, pinned, run

FAR = 10 * RESEND_MS


async def wake_at(status: str, wake_at: int) -> int | None:
    """When the run is to be looked at, as it is saved; its one node has this status."""
    state = NodeState.model_validate({"status": status})
    decided: Run = run(status="running", nodes={"a": state}, wake_at=wake_at)
    work = Work(decided, pinned(graph("a")), [], Decision(decided), "")
    part = cast("Any", None)
    await Keeping("planner_1", part, part).complete([work])
    return work.decision.run.wake_at


async def test_a_run_is_looked_at_soon_while_a_node_of_it_runs() -> None:
    now = now_ms()
    found = await wake_at("running", now + FAR)
    assert found is not None
    assert now + LOOK_MS <= found <= now_ms() + LOOK_MS
    assert LOOK_MS <= RESEND_MS, "no later than one that nobody has begun"
    assert await wake_at("running", now + 1) == now + 1


async def test_others_are_left_as_they_were_decided() -> None:
    now = now_ms()
    for status in ("ready", "pending", "suspended"):
        assert await wake_at(status, now + FAR) == now + FAR


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
