"""`sources`: what runs take over is held for as long as they are there."""

import pytest

from shared.storage.mongo import Store
from shared.storage.runs import Runs
from shared.storage.sources import BEGINNING_MS, Sources
from tests.builders import NOW, run

LATER = NOW + BEGINNING_MS + 1


@pytest.fixture
def sources(store: Store) -> Sources:
    return Sources(store)


async def test_a_run_is_held_by_one_that_takes_from_it(store: Store, sources: Sources) -> None:
    await Runs(store).insert(run("run_new"))
    await sources.hold("run_new", ["run_old", "run_older"], NOW)
    assert await sources.held(["run_old", "run_older", "run_other"], LATER) == {"run_old", "run_older"}


async def test_a_run_that_is_gone_holds_nothing(store: Store, sources: Sources) -> None:
    await sources.hold("run_gone", ["run_old", "run_older"], NOW)
    await Runs(store).insert(run("run_new"))
    await sources.hold("run_new", ["run_old"], NOW)
    assert await sources.held(["run_old", "run_older"], LATER) == {"run_old"}
    assert len(await store["sources"].find({})) == 1, "the others are forgotten"


async def test_a_run_that_is_about_to_begin_holds_already(sources: Sources) -> None:
    await sources.hold("run_new", ["run_old"], NOW)
    assert await sources.held(["run_old"], NOW + 1) == {"run_old"}
    assert await sources.held([], NOW) == set()
