"""`node_runs`: the first to insert owns the attempt; only its owner closes a claim, and once."""

import asyncio

import pytest

from shared.contracts.node_run import NodeRun, node_run_id
from shared.storage.mongo import Store
from shared.storage.node_runs import NodeRuns
from tests.builders import NOW, WORKSPACE, failed, succeeded


@pytest.fixture
def node_runs(store: Store) -> NodeRuns:
    return NodeRuns(store)


def claim(node: str = "a", executor: str = "me", run_id: str = "run_1", created_at: int = NOW) -> NodeRun:
    return NodeRun(
        id=node_run_id(run_id, node, 1),
        run_id=run_id,
        workspace_id=WORKSPACE,
        executor=executor,
        open=True,
        created_at=created_at,
    )


def done(of: NodeRun, output: object = None) -> NodeRun:
    return of.model_copy(update={"open": False, "results": [succeeded("a", output=output), failed("b")]})


async def test_the_first_to_claim_an_attempt_has_it(node_runs: NodeRuns) -> None:
    assert await node_runs.insert([claim("a"), claim("b")]) == set()
    assert await node_runs.insert([claim("b", "you"), claim("c", "you")]) == {claim("b").id}
    stored = await node_runs.load([claim(node).id for node in "abcd"])
    assert {each.id: each.executor for each in stored.values()} == {
        "run_1:a:1": "me", "run_1:b:1": "me", "run_1:c:1": "you",
    }  # fmt: skip
    assert await node_runs.load([]) == {}


async def test_of_eight_executors_one_claims(store_url: str) -> None:
    stores = [Store(store_url) for _ in range(8)]
    claims = [NodeRuns(each).insert([claim(executor=f"e{n}")]) for n, each in enumerate(stores)]
    there = await asyncio.gather(*claims)
    assert sum(1 for each in there if not each) == 1
    await asyncio.gather(*(each.close() for each in stores))


async def test_a_claim_is_closed_with_its_results(node_runs: NodeRuns) -> None:
    await node_runs.insert([claim()])
    finished = done(claim(), {"deep": [1, 1.5, "ż"]})
    assert await node_runs.finish([finished])
    assert await node_runs.load([finished.id]) == {finished.id: finished}


async def test_a_closed_claim_stays_as_it_is(node_runs: NodeRuns) -> None:
    await node_runs.insert([claim()])
    await node_runs.finish([done(claim(), "first")])
    assert not await node_runs.finish([done(claim(), "second")])
    assert await node_runs.load(["run_1:a:1"]) == {"run_1:a:1": done(claim(), "first")}


async def test_nobody_else_closes_a_claim(node_runs: NodeRuns) -> None:
    await node_runs.insert([claim()])
    assert not await node_runs.finish([done(claim(executor="you"))])
    assert not await node_runs.finish([done(claim("never claimed"))])
    assert (await node_runs.load(["run_1:a:1"]))["run_1:a:1"].open


async def test_claims_are_closed_together_as_far_as_they_can_be(node_runs: NodeRuns) -> None:
    await node_runs.insert([claim("a"), claim("b")])
    await node_runs.finish([done(claim("a"))])
    assert not await node_runs.finish([done(claim("a")), done(claim("b"))])
    assert not (await node_runs.load(["run_1:b:1"]))["run_1:b:1"].open


async def test_open_claims_are_found_by_executor(node_runs: NodeRuns) -> None:
    await node_runs.insert([claim("a"), claim("b"), claim("c", "you"), claim("d")])
    await node_runs.finish([done(claim("b"))])
    assert sorted(each.id for each in await node_runs.open_claims("me", 10)) == ["run_1:a:1", "run_1:d:1"]
    assert len(await node_runs.open_claims("me", 1)) == 1
    assert await node_runs.open_claims("nobody", 10) == []


async def test_all_of_a_run_are_found_oldest_first(node_runs: NodeRuns) -> None:
    await node_runs.insert([claim("b", created_at=NOW + 1), claim("a", created_at=NOW + 2), claim("c")])
    await node_runs.insert([claim(run_id="run_2")])
    assert [each.id for each in await node_runs.of_run("run_1")] == ["run_1:c:1", "run_1:b:1", "run_1:a:1"]
    assert await node_runs.of_run("run_3") == []
