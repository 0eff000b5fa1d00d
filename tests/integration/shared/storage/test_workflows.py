"""Workflows on the store at hand."""

from shared.storage.mongo import Store
from shared.storage.workflows import Workflow, Workflows

GRAPH = '{"nodes":[{"id":"a","type":"noop","config":{"$set":{"a.b":1.0}}}]}'


def workflow(number: int, **changes: object) -> Workflow:
    """A workflow; ids sort by number."""
    known = {"id": f"wf_{number}", "workspace_id": "default", "name": "ünï $x.y", "tags": ["a", "a.b"]}
    state = {"graph": GRAPH, "rev": 1, "created_at": number, "updated_at": number}
    return Workflow.model_validate({**known, **state, **changes})


async def test_what_is_stored_comes_back_the_same(store: Store) -> None:
    workflows = Workflows(store)
    assert await workflows.insert(workflow(1))
    assert not await workflows.insert(workflow(1, name="other"))
    assert await workflows.load(["wf_1", "wf_2"]) == {"wf_1": workflow(1)}


async def test_a_save_is_made_over_what_was_read_only(store: Store) -> None:
    workflows = Workflows(store)
    await workflows.insert(workflow(1))
    assert await workflows.save(workflow(1, latest=1), over=workflow(1))
    assert not await workflows.save(workflow(1, rev=2), over=workflow(1))
    assert await workflows.save(workflow(1, rev=2, latest=1), over=workflow(1, latest=1))
    assert (await workflows.load(["wf_1"]))["wf_1"].rev == 2


async def test_pages_hold_the_workflows_of_one_workspace_that_are_not_archived(store: Store) -> None:
    workflows = Workflows(store)
    others = {2: {"state": "archived"}, 4: {"workspace_id": "other"}}
    for number in range(1, 6):
        await workflows.insert(workflow(number, **others.get(number, {})))
    first = await workflows.page("default", before=None, limit=2)
    assert [each.id for each in first] == ["wf_5", "wf_3"]
    assert [each.id for each in await workflows.page("default", before="wf_3", limit=2)] == ["wf_1"]
    assert "wf_2" not in await workflows.load(["wf_2"])
