"""Which version is the latest, without asking each time."""

from shared.fresh import Fresh
from shared.storage.workflows import Workflow


class Shelf:
    """Counts how often it is read; `during` runs in the middle of a read."""

    def __init__(self) -> None:
        self.latest, self.reads = 1, 0
        self.during = lambda: None

    async def read(self, workflow_id: str) -> Workflow | None:
        self.reads += 1
        found = Workflow(
            id=workflow_id, workspace_id="w", name="n", graph="{}", rev=1, latest=self.latest,
            created_at=0, updated_at=0,
        )  # fmt: skip
        self.during()
        return found


async def latest(fresh: Fresh[str, Workflow]) -> int:
    found = await fresh.get("wf_1")
    return found.latest if found else 0


async def test_it_is_read_once_for_many_starts() -> None:
    shelf = Shelf()
    fresh = Fresh(shelf.read)
    assert [await latest(fresh) for _ in range(5)] == [1] * 5
    assert shelf.reads == 1


async def test_a_change_counts_at_once() -> None:
    shelf = Shelf()
    fresh = Fresh(shelf.read)
    await latest(fresh)
    shelf.latest = 2
    fresh.changed("wf_1")
    assert await latest(fresh) == 2


async def test_what_was_being_read_when_it_changed_is_not_believed() -> None:
    shelf = Shelf()
    fresh = Fresh(shelf.read)
    shelf.during = lambda: fresh.changed("wf_1")
    await latest(fresh)
    shelf.during = lambda: None
    shelf.latest = 2
    assert await latest(fresh) == 2


async def test_nothing_is_believed_for_long() -> None:
    shelf = Shelf()
    fresh = Fresh(shelf.read)
    await latest(fresh)
    shelf.latest = 2
    fresh._known.put("wf_1", (fresh._known.get("wf_1")[0], -1e9))  # type: ignore[index]
    assert await latest(fresh) == 2
