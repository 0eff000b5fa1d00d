"""Facts and roll-ups as earlier releases have stored them."""

from shared.analytics.adding import with_facts
from shared.contracts.figures import rollup_id
from shared.storage.mongo import Store
from shared.storage.rollups import RollUps
from shared.storage.run_facts import RunFacts
from tests.contract.test_stored_shapes import RUN, golden, laid


async def test_open_facts_are_read_and_closed(store: Store) -> None:
    await laid(store, "run_facts", 1)
    facts = RunFacts(store)
    [fact] = await facts.open([7], 9)
    assert (fact.id, fact.code, fact.deep, fact.nodes[0].retries) == (RUN, "timeout", True, 3)
    stored = await store["run_facts"].find_one({"_id": RUN})
    assert stored == golden("run_facts")[1][0]


async def test_rollups_are_read_in_parts_and_saved_again(store: Store) -> None:
    await laid(store, "rollups", 1)
    await laid(store, "run_facts", 1)
    rollups, hour = RollUps(store), 1_699_999_200_000
    [page] = [page async for page in rollups.between("default", hour, hour + 1, "runs")]
    assert (page[0].runs[0].succeeded, page[0].nodes, page[0].taken) == (2, [], [])
    [rollup] = await rollups.load([rollup_id("default", hour)])
    assert (rollup.errors[0].run_id, rollup.nodes[0].type, rollup.taken) == (RUN, "http.request", [RUN])
    [fact] = await RunFacts(store).open([7], 9)
    [saved] = await rollups.save([with_facts(rollup, [fact])])
    assert (saved.runs[0].failed, saved.nodes[0].count, saved.errors[0].count) == (2, 4, 2)
    assert await rollups.load([rollup.id]) == [saved]
    assert await rollups.save([rollup]) == [], "somebody has saved it since it was read"
