"""A slice that answers with much hands back the rest, so that its message stays small."""

from shared.contracts.events import NodeReady, NodeTask, Slice, SliceItem
from shared.contracts.node_run import NodeResult
from shared.contracts.value import INLINE_BYTES
from shared.sliced import SLICE_BYTES, run_slice
from tests.builders import NOW, WORKSPACE, succeeded

ITEMS = 25


def slice_of(count: int) -> NodeReady:
    return NodeReady(
        run_id="run_1",
        workspace_id=WORKSPACE,
        pool="core",
        side_effects="none",
        nodes=[NodeTask(node="a", type="set", attempt=1, config="{}", timeout_s=60)],
        slice=Slice(
            node="each", attempt=1, field="graph", items=[SliceItem(key=str(key)) for key in range(count)]
        ),
        sent_at=NOW,
    )


async def test_what_is_small_is_answered_in_one_message() -> None:
    ran: list[str] = []

    async def run(ready: NodeReady) -> list[NodeResult]:
        ran.append(ready.run_id)
        return [succeeded("a", output=1)]

    finished = await run_slice(slice_of(ITEMS), run, "runner_1")
    assert ran == [f"run_1.each.{key}" for key in range(ITEMS)]
    assert ([each.key for each in finished.answers], finished.unanswered) == (
        [str(key) for key in range(ITEMS)], [],
    )  # fmt: skip


async def test_what_is_much_is_handed_back() -> None:
    """A hundred nodes, each with the largest output that travels."""
    results = [succeeded(f"n{number}", output="x" * (INLINE_BYTES - 2)) for number in range(100)]

    async def run(_ready: NodeReady) -> list[NodeResult]:
        return results

    finished = await run_slice(slice_of(ITEMS), run, "runner_1")
    answered = [each.key for each in finished.answers]
    assert answered == ["0", "1"]
    assert [*answered, *finished.unanswered] == [str(key) for key in range(ITEMS)]
    assert len(finished.model_dump_json()) < 2 * SLICE_BYTES
