"""Which runs may go, and what goes with them.

The id of a run tells when it was begun, and those of its child runs, events and results begin with it. A
run's own document goes first; all that has none any more follows, also when a crash came in between.

What is stored under its content says when it was last used. A run uses nothing that was last used before it
was begun, give or take `SLACK_MS`; the few runs from before the limit that stay are looked through. (What
remembered answers refer to does not count: without it they are simply not remembered.)"""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

from services.planner.sweep import Sweep
from shared.contracts.base import Millis
from shared.contracts.run import RUN_FINISHED
from shared.contracts.version import body_path
from shared.ids import first_id
from shared.storage.payloads import Payloads
from shared.storage.run_facts import COUNTED
from shared.storage.sources import Sources

SLACK_MS = 2 * 86_400_000
"""Uses are not written down each time, and clocks differ."""
ROOT = re.compile(r"[^.:]+")


async def remove_old_runs(sweep: Sweep, before: Millis, now: Millis) -> None:
    """Remove runs that finished before then, and all that only they needed."""
    ids = {"$lt": first_id(before)}
    async for _ in _remove_finished(sweep, ids, before, now):
        """What belongs to them follows."""
    for name in ("runs", "run_events", "node_runs", "run_facts"):
        await _remove_left_behind(sweep, name, ids, now)
    payloads, versions = await _in_use(sweep, ids)
    payloads |= await _sent(sweep, before)
    await sweep.remove_all("payloads", but=payloads, at={"$lt": before - SLACK_MS})
    await sweep.remove_all("versions", but=versions, used_at={"$lt": before - SLACK_MS})


async def remove_runs_of(sweep: Sweep, workspace_id: str, before: Millis, now: Millis) -> None:
    """Remove runs of a workspace that finished before then, with what belongs to them. What a crash leaves
    behind, and large values, go when the installation's own time is over."""
    ids = {"$lt": first_id(before)}
    async for page in _remove_finished(sweep, ids, before, now, workspace_id=workspace_id):
        await sweep.remove("run_facts", page, open=COUNTED)
        for each in page:
            below = {"$gt": f"{each}.", "$lt": f"{each};"}
            await sweep.remove_all("run_facts", _id=below, open=COUNTED)
            for name in ("runs", "run_events", "node_runs"):
                await sweep.remove_all(name, _id=below)


async def _remove_finished(
    sweep: Sweep, ids: dict[str, str], before: Millis, now: Millis, **of: str
) -> AsyncIterator[list[str]]:
    """The ids of those that were removed, a page at a time."""
    finished = {"status": {"$in": sorted(RUN_FINISHED)}, "finished_at": {"$lt": before}, "wake_at": None}
    async for page in sweep.pages("runs", {"_id": ids, "level": "top", **finished, **of}):
        held = await Sources(sweep.store).held(page, now)
        idle = [each for each in page if each not in held and not await _busy_below(sweep, each, before)]
        await sweep.remove("runs", idle, **finished)
        yield idle


async def _busy_below(sweep: Sweep, run_id: str, before: Millis) -> bool:
    """Whether a child run goes on, or has not finished long enough ago: a workflow that nobody waits for
    outlives the run that has started it."""
    runs, below = sweep.store["runs"], {"_id": {"$gt": f"{run_id}.", "$lt": f"{run_id}/"}}
    if not await runs.ids(below, limit=1):
        return False
    late: tuple[dict[str, Any], ...] = (
        {"status": {"$in": ["queued", "running", "paused"]}},
        {"wake_at": {"$gt": 0}},
        {"finished_at": {"$gte": before}},
    )
    return any([await runs.ids({**below, **each}, limit=1) for each in late])


async def _remove_left_behind(sweep: Sweep, name: str, ids: dict[str, str], now: Millis) -> None:
    """What belongs to runs that are gone. Results stay that others have taken over, and facts that have not
    been counted."""
    async for page in sweep.pages(name, {"_id": ids}):
        roots = {root_of(each) for each in page}
        gone = roots - await sweep.store["runs"].present(roots)
        if name == "node_runs":
            gone -= await Sources(sweep.store).held(gone, now)
        guard = {"open": COUNTED} if name == "run_facts" else {}
        await sweep.remove(name, [each for each in page if root_of(each) in gone], **guard)


def root_of(document_id: str) -> str:
    """The id of the run that has no parent, of the id of anything that belongs to it."""
    found = ROOT.match(document_id)
    return found[0] if found else document_id


async def _in_use(sweep: Sweep, ids: dict[str, str]) -> tuple[set[str], set[str]]:
    """References and versions in what is left with such ids. Results move from runs to `node_runs`, which
    are therefore read last."""
    payloads, versions = set[str](), set[str]()
    values = Payloads(sweep.store)
    for name in ("runs", "node_runs"):
        async for page in sweep.pages(name, {"_id": ids}):
            named = set[str]()
            for document in await sweep.store[name].find({"_id": {"$in": page}}):
                named.update(references(document))
                versions.update({body_path(document["version"])[0]} if "version" in document else ())
            payloads |= await values.with_parts(named) if named else named
    return payloads, versions


async def _sent(sweep: Sweep, before: Millis) -> set[str]:
    """References in the events of webhooks that stay, though they came before then."""
    payloads, values = set[str](), Payloads(sweep.store)
    async for page in sweep.pages("hook_events", {"received_at": {"$lt": before}}):
        found = await sweep.store["hook_events"].find({"_id": {"$in": page}})
        if named := {ref for document in found for ref in references(document)}:
            payloads |= await values.with_parts(named)
    return payloads


def references(value: Any) -> Iterator[str]:
    """Every `ref` of a `Value` in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("ref"), str):
            yield value["ref"]
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from references(each)
