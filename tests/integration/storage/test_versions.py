"""`versions`: written once, found by id, by workspace and by workflow."""

import pytest

from shared.contracts.version import Version
from shared.storage.mongo import Store
from shared.storage.versions import Versions
from tests.builders import NOW, WORKSPACE, graph, version


@pytest.fixture
def versions(store: Store) -> Versions:
    return Versions(store)


def published(number: int, workflow: str = "wf_1", workspace_id: str = WORKSPACE) -> Version:
    drawn = graph("a:true > b", a={"config": {"a.b": {"$set": "ż"}, "x": [1, 1.0, True, None]}})
    return version(drawn, version_id=f"{workflow}:{number}", workspace_id=workspace_id, light=["b"])


async def test_a_version_comes_back_as_it_was_published(versions: Versions) -> None:
    assert await versions.insert(published(1))
    assert await versions.load(["wf_1:1", "wf_1:2"]) == {"wf_1:1": published(1)}
    assert await versions.load([]) == {}


async def test_a_version_never_changes(versions: Versions) -> None:
    assert await versions.insert(published(1))
    assert not await versions.insert(published(1).model_copy(update={"note": "another"}))
    assert await versions.get(WORKSPACE, "wf_1:1") == published(1)


async def test_a_graph_without_a_workflow_has_a_version_too(versions: Versions) -> None:
    adhoc = published(1).model_copy(update={"id": "adhoc:00ff", "workflow_id": None, "number": None})
    assert await versions.insert(adhoc)
    assert await versions.get(WORKSPACE, "adhoc:00ff") == adhoc


async def test_a_version_is_shown_to_its_workspace_only(versions: Versions) -> None:
    await versions.insert(published(1, workspace_id="theirs"))
    assert await versions.get(WORKSPACE, "wf_1:1") is None
    assert await versions.of_workflow(WORKSPACE, "wf_1") == []


async def test_a_workflows_versions_are_listed_newest_first(versions: Versions) -> None:
    for number in (2, 11, 1):
        await versions.insert(published(number))
    await versions.insert(published(3, workflow="wf_2"))
    found = await versions.of_workflow(WORKSPACE, "wf_1")
    assert [each.number for each in found] == [11, 2, 1]


async def test_an_ad_hoc_version_that_is_used_again_says_so(store: Store, versions: Versions) -> None:
    adhoc = published(1).model_copy(update={"id": "adhoc:00ff", "workflow_id": None, "number": None})

    async def used_at() -> list[int]:
        return [each["used_at"] for each in await store["versions"].find({"_id": "adhoc:00ff"})]

    await versions.use(adhoc, NOW)
    await versions.use(adhoc, NOW + 5)
    assert await used_at() == [NOW + 5]
    assert await versions.used("adhoc:00ff", NOW + 9)
    assert await used_at() == [NOW + 9]
    assert await versions.get(WORKSPACE, "adhoc:00ff") == adhoc


async def test_only_a_version_that_is_there_can_be_used(versions: Versions) -> None:
    await versions.insert(published(1))
    assert await versions.used("wf_1:1", NOW)
    assert not await versions.used("wf_1:2", NOW)
    assert not await versions.used("adhoc:00ff", NOW)
    assert await versions.load(["wf_1:1"]) == {"wf_1:1": published(1)}, "it has no date of use"
