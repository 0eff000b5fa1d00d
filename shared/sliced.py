"""Runs the child runs of a slice, one after the other."""

import time
from collections.abc import Awaitable, Callable

from shared.contracts.events import NodeReady, SliceAnswer, SliceFinished
from shared.contracts.node_run import NodeResult
from shared.contracts.run import child_id

SLICE_BUDGET_S = 0.25
ITEM_BUDGET_S = 0.05
SLICE_BYTES = 4_000_000
"""The answer is one message, and a broker may take no more than 16 MB."""


async def run_slice(
    ready: NodeReady, run: Callable[[NodeReady], Awaitable[list[NodeResult]]], executor: str
) -> SliceFinished:
    """Every child run's results. When they turn out to be slow, by their average, the rest is handed back:
    they can run side by side then. So it is when they answer with much."""
    assert ready.slice is not None
    part, start = ready.slice, time.perf_counter()
    answers: list[SliceAnswer] = []
    unanswered: list[str] = []
    size = 0
    for each in part.items:
        seconds = time.perf_counter() - start
        slow = seconds > SLICE_BUDGET_S and seconds > ITEM_BUDGET_S * len(answers)
        if slow or size > SLICE_BYTES:
            unanswered.append(each.key)
            continue
        own = {"run_id": child_id(ready.run_id, part.node, each.key), "slice": None}
        child = ready.model_copy(update={**own, "item": each.item, "index": each.index})
        results = await run(child)
        answers.append(SliceAnswer(key=each.key, results=results))
        size += sum(map(_bytes, results))
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


def _bytes(result: NodeResult) -> int:
    values = [each for each in (result.input, result.output) if each and each.json_text is not None]
    return sum(each.size for each in values) + sum(map(len, result.logs))
