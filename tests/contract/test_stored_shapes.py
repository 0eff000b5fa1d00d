"""Documents in every shape that was ever released are read, and are written again without loss.

`golden/stored/<collection>.json` has documents by the number of their shape. They are never changed: when
a shape changes, an upgrade comes into `shared/storage/shapes.py`, and documents of the new shape come in
here."""

import json
from pathlib import Path

import pytest

from shared.contracts.value import Value
from shared.contracts.version import PinnedGraph
from shared.storage.cache import Cache
from shared.storage.dead_letters import DeadLetters
from shared.storage.hook_events import HookEvents
from shared.storage.idempotency import Idempotency
from shared.storage.mongo import INDEXES, Store
from shared.storage.node_runs import NodeRuns
from shared.storage.node_types import NodeTypes
from shared.storage.payloads import Payloads
from shared.storage.run_events import RunEvents
from shared.storage.runs import Runs
from shared.storage.shapes import FIELD, Document, Shape
from shared.storage.slots import SlotStore
from shared.storage.sources import Sources
from shared.storage.triggers import Triggers
from shared.storage.versions import Versions
from shared.storage.workflows import Workflows

STORED = Path(__file__).parent / "golden" / "stored"
COLLECTIONS = sorted(file.stem for file in STORED.glob("*.json"))
RUN = "run_01HF7YAT00PYFAR69PFB30W1TZ"


def golden(collection: str) -> dict[int, list[Document]]:
    """Documents by shape, as they lie in the store."""
    found: dict[str, list[Document]] = json.loads((STORED / f"{collection}.json").read_text())
    return {int(number): documents for number, documents in found.items()}


async def laid(store: Store, collection: str, shape: int) -> list[str]:
    """Put the documents there as that release had them; their ids."""
    found = golden(collection)[shape]
    numbered = found if shape == 1 else [{**each, FIELD: shape} for each in found]
    await store[collection]._raw.insert_many(numbered)
    return [each["_id"] for each in found]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_there_are_documents_of_every_shape(collection: str) -> None:
    assert list(golden(collection)) == list(range(1, Shape(collection).number + 1))


def test_no_kind_of_document_is_forgotten() -> None:
    """Leases are made anew by each process."""
    assert {*INDEXES, "slots", "node_types"} - set(COLLECTIONS) == set()


@pytest.mark.parametrize("shape", golden("runs"))
async def test_runs_are_read_and_saved_again(store: Store, shape: int) -> None:
    ids = await laid(store, "runs", shape)
    runs = Runs(store)
    found = await runs.load(ids)
    assert len(found) == len(ids)
    top = found[RUN]
    waiting = {node_id for node_id, state in top.nodes.items() if state.suspended}
    assert (top.status, top.nodes["fetch"].attempt, top.outbox["42"].attempt) == ("paused", 3, 2)
    assert waiting == {"each", "while", "safe", "call", "sleep", "ask", "hear"}
    assert [each.id for each in await runs.waiting("default", "review", before=None, limit=9)] == [RUN]
    again = [run.model_copy(update={"rev": run.rev + 1}) for run in found.values()]
    assert await runs.save(again) == set(ids)
    assert await runs.load(ids) == {run.id: run for run in again}


@pytest.mark.parametrize("shape", golden("versions"))
async def test_versions_are_read_and_their_graphs_understood(store: Store, shape: int) -> None:
    found = await Versions(store).load(await laid(store, "versions", shape))
    for version in found.values():
        graph = PinnedGraph.of(version)
        assert (graph.starts, graph.ends, list(graph.body("each", "graph").nodes)) == (["a"], ["each"], ["b"])
        assert graph.frozen["each"].bodies["graph"]["b"].side_effects == "once"
    assert {version.number for version in found.values()} == {3, None}


@pytest.mark.parametrize("shape", golden("workflows"))
async def test_workflows_are_read_and_saved_again(store: Store, shape: int) -> None:
    await laid(store, "workflows", shape)
    workflows = Workflows(store)
    [workflow] = await workflows.page("default", before=None, limit=9)
    assert (workflow.name, workflow.rev, workflow.latest, workflow.state) == ("Shop", 9, 3, "active")
    after = workflow.model_copy(update={"rev": 10})
    assert await workflows.save(after, over=workflow)
    assert await workflows.load([workflow.id]) == {workflow.id: after}


@pytest.mark.parametrize("shape", golden("triggers"))
async def test_triggers_are_read_found_and_saved_again(store: Store, shape: int) -> None:
    ids = await laid(store, "triggers", shape)
    triggers = Triggers(store)
    found = await triggers.load(ids)
    schedule, follower, continuous, webhook, *_ = (found[each] for each in ids)
    assert await triggers.at("5e884898") == webhook
    assert [each.id for each in await triggers.due(1_700_000_200_000, 9)] == [schedule.id]
    assert [each.id for each in await triggers.following(["wf_1", "all:default"])] == [follower.id]
    page = await triggers.page("default", before=None, limit=9, kind="continuous", active=False)
    assert page == [continuous]
    saved = await triggers.save(schedule, over=schedule)
    assert await triggers.load(ids[:1]) == {ids[0]: saved}
    assert await triggers.save(schedule, over=schedule) is None


@pytest.mark.parametrize("shape", golden("hook_events"))
async def test_events_of_webhooks_are_read_found_and_closed(store: Store, shape: int) -> None:
    accepted_id, refused_id = await laid(store, "hook_events", shape)
    events, of = HookEvents(store), "trg_01HF7YAT00DDDDDDDDDDDDDDDD"
    [accepted] = await events.open_before(1_700_000_000_001, 9)
    assert (accepted.id, accepted.body.json_text) == (accepted_id, '"{}"')
    await events.close([accepted])
    assert await events.open_before(1_700_000_000_001, 9) == []
    page = await events.page("default", of, before="~", after="", limit=9)
    assert [each.id for each in page] == [refused_id, accepted_id]
    assert await events.get("other", of, accepted_id) is None


@pytest.mark.parametrize("shape", golden("node_runs"))
async def test_results_and_claims_are_read_and_finished(store: Store, shape: int) -> None:
    ids = await laid(store, "node_runs", shape)
    node_runs = NodeRuns(store)
    found = await node_runs.load(ids)
    succeeded, failed = found[f"{RUN}:a:1"].results
    assert (succeeded.output, failed.failure) != (None, None)
    assert failed.failure is not None
    assert failed.failure.details["hints"] == ["later"]
    [claim] = await node_runs.open_claims("connectors_1", 9)
    done = claim.model_copy(update={"open": False, "results": [succeeded]})
    assert await node_runs.finish([done])
    assert await node_runs.load([claim.id]) == {claim.id: done}


@pytest.mark.parametrize("shape", golden("run_events"))
async def test_events_are_read_in_order(store: Store, shape: int) -> None:
    await laid(store, "run_events", shape)
    found = await RunEvents(store).after(RUN, 0)
    assert [(seq, event.type, event.by) for seq, event in found.items()] == [
        (41, "node.ready", None),
        (42, "node.failed", "api"),
    ]


@pytest.mark.parametrize("shape", golden("slots"))
async def test_slots_are_read_and_saved_again(store: Store, shape: int) -> None:
    await laid(store, "slots", shape)
    slots = SlotStore(store)
    [found] = await slots.page("", 9)
    assert (found.holders, [each.place for each in found.waiting]) == ([RUN], ["line", "front", "out"])
    assert await slots.save([found.model_copy(update={"waiting": []})]) == {found.id}


@pytest.mark.parametrize("shape", golden("payloads"))
async def test_large_values_are_read_whole_and_in_pieces(store: Store, shape: int) -> None:
    whole, _, _, pieces = await laid(store, "payloads", shape)
    payloads = Payloads(store)
    assert await payloads.text(Value(ref=whole, size=7)) == '"one, "'
    assert await payloads.text(Value(ref=pieces, size=5)) == "[1,2]"


@pytest.mark.parametrize("shape", golden("dead_letters"))
async def test_letters_are_read_with_their_bodies_and_claimed(store: Store, shape: int) -> None:
    [letter_id] = await laid(store, "dead_letters", shape)
    await laid(store, "dead_bodies", 1)
    letters = DeadLetters(store)
    [letter] = await letters.page(before=None, limit=9, queue="planner.v1.07")
    assert (letter.routing_key, await letters.body(letter_id)) == ("run.woken.07", b'{"run_id": 7}')
    assert await letters.claim(letter, 1_700_000_100_000)


async def test_keys_sources_answers_and_node_types_are_read(store: Store) -> None:
    for each in ("idempotency", "sources", "cache", "node_types"):
        await laid(store, each, max(golden(each)))
    reserved = await Idempotency(store).find("default", "order-7")
    assert reserved is not None
    assert reserved.run_id == RUN
    assert await Sources(store).held([RUN], 1_700_000_000_000) == {RUN}
    [key] = [each["_id"] for each in golden("cache")[1]]
    kept = await Cache(store).find(key, "default", 1_700_000_000_000)
    assert kept is not None
    assert (kept.port, kept.output.json_text) == ("out", "1")
    assert (await NodeTypes(store).all())["shop.ask"].ports == ["out", "busy"]
