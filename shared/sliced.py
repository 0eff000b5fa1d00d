"""Runs the child runs of a slice, one after the other."""

import time
from collections.abc import Awaitable, Callable

from shared.contracts.events import NodeReady, SliceAnswer, SliceFinished
from shared.contracts.node_run import NodeResult
from shared.contracts.run import child_id

SLICE_BUDGET_S = 0.25
ITEM_BUDGET_S = 0.05


async def run_slice(
    ready: NodeReady, run: Callable[[NodeReady], Awaitable[list[NodeResult]]], executor: str
) -> SliceFinished:
    """Every child run's results. When they turn out to be slow, by their average, the rest is handed back:
    they can run side by side then."""
    assert ready.slice is not None
    part, start = ready.slice, time.perf_counter()
    answers: list[SliceAnswer] = []
    unanswered: list[str] = []
    for each in part.items:
        seconds = time.perf_counter() - start
        if seconds > SLICE_BUDGET_S and seconds > ITEM_BUDGET_S * len(answers):
            unanswered.append(each.key)
            continue
        own = {"run_id": child_id(ready.run_id, part.node, each.key), "slice": None}
        child = ready.model_copy(update={**own, "item": each.item, "index": each.index})
        answers.append(SliceAnswer(key=each.key, results=await run(child)))
    return SliceFinished(
        run_id=ready.run_id,
        workspace_id=ready.workspace_id,
        node=part.node,
        attempt=part.attempt,
        field=part.field,
        executor=executor,
        answers=answers,
        unanswered=unanswered,
    )
