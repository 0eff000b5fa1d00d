"""Reads what the checker judges out of the store."""

from base64 import b64decode

from shared.contracts.node_run import NodeRun
from shared.contracts.run import RUN_FINISHED, Event, Run
from shared.storage.mongo import Store
from tests.chaos.bus import MARK, POISON
from tests.chaos.facts import Letter, Story

WORKSPACE = "default"
SOME = 100


async def unfinished(store: Store) -> list[str]:
    """Runs that have not finished, child runs as well."""
    counted = await store["runs"].count_by({"workspace_id": WORKSPACE}, "status")
    if not set(counted) - RUN_FINISHED:
        return []
    open_ = sorted(set(counted) - RUN_FINISHED)
    return [each["_id"] for each in await store["runs"].find({"status": {"$in": open_}})]


async def stories(store: Store) -> dict[str, Story]:
    """All runs with everything kept about them."""
    ids = await store["runs"].ids({"workspace_id": WORKSPACE}, limit=1_000_000)
    found: dict[str, Story] = {}
    for start in range(0, len(ids), SOME):
        some = {"$in": ids[start : start + SOME]}
        runs = [Run.model_validate(each) for each in await store["runs"].find({"_id": some})]
        recorded: dict[str, list[dict[int, Event]]] = {run.id: [] for run in runs}
        results: dict[str, list[NodeRun]] = {run.id: list(run.results.values()) for run in runs}
        for each in await store["run_events"].find({"run_id": some}):
            events = {int(seq): Event.model_validate(event) for seq, event in each["events"].items()}
            recorded[each["run_id"]].append(events)
        for each in await store["node_runs"].find({"run_id": some}):
            results[each["run_id"]].append(NodeRun.model_validate(each))
        found.update({run.id: Story(run, recorded[run.id], results[run.id]) for run in runs})
    return found


async def payloads(store: Store) -> frozenset[str]:
    """The values stored apart."""
    return frozenset(await store["payloads"].ids({}, limit=1_000_000))


async def letters(store: Store) -> list[Letter]:
    """All dead letters. What comes of poison is poison: an executor answers for a run that there is not."""
    bodies = {each["_id"]: b64decode(each["base64"]) for each in await store["dead_bodies"].find({})}
    found: list[Letter] = []
    for each in await store["dead_letters"].find({}):
        body = bodies.get(each["_id"], b"")
        poison = each["message_id"].startswith(MARK) or POISON.encode() in body
        found.append(Letter(each["_id"], each["queue"], poison, f"{each['type']} {body[:300]!r}"))
    return found
