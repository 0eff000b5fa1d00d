"""One storm: everything up, load and mischief side by side, then calm, then judgement."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import aiohttp

from services.local.home import free_port
from services.local.system import System, running_system
from shared.messaging.topology import DEAD_QUEUE
from shared.storage.mongo import Store
from tests.chaos import reading
from tests.chaos.bus import Bus
from tests.chaos.caller import Caller, ChaosError
from tests.chaos.checker import violations
from tests.chaos.facts import Violation, World
from tests.chaos.keeper import Keeper, until
from tests.chaos.load import Load
from tests.chaos.mischief import Mischief
from tests.chaos.plan import Size, drawn
from tests.chaos.report import table
from tests.chaos.target import Target, serving

REPLICAS = {"planner": 2, "runner": 2, "gateway": 2}
CALLS_S = 30
QUIET_S = 60
Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What came of a storm: the table, and what must not have been."""

    table: str
    violations: list[Violation]


@dataclass
class Stage:
    """A system that is up, kept by the harness, and all that is used on it."""

    system: System
    keeper: Keeper
    caller: Caller
    target: Target
    store: Store


@asynccontextmanager
async def staged(home: Path, random: Random, say: Say) -> AsyncIterator[Stage]:
    """Bring everything up, and down again."""
    async with (
        serving() as target,
        running_system(home, port=free_port(), say=say, http_allow="127.0.0.1", replicas=REPLICAS) as system,
    ):
        keeper = Keeper(system, random)
        keeping = asyncio.create_task(keeper.run())
        about = system.about
        urls = [url.removesuffix("/readyz") for name, url in about.ready_urls.items() if "gateway" in name]
        headers = {"Authorization": f"Bearer {about.api_key}"}
        connector = aiohttp.TCPConnector(limit=0)
        limits = aiohttp.ClientTimeout(total=CALLS_S)
        store = Store(about.mongo_url, app="chaos")
        try:
            async with aiohttp.ClientSession(headers=headers, timeout=limits, connector=connector) as session:
                caller = Caller(session, urls, f"/api/v1/workspaces/{about.workspace_id}")
                yield Stage(system, keeper, caller, target, store)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await store.close()


async def storm(home: Path, seed: int, size: Size, say: Say) -> Outcome:
    """All of it; raises ChaosError when the harness itself is at its end."""
    random = Random(seed)
    async with staged(home, random, say) as stage:
        load = Load(seed, stage.caller, stage.target)
        bus = Bus(stage.system.about.amqp_url, random)
        await load.prepare()
        mischief = Mischief(stage.keeper, bus, load, size)
        load.began = time.monotonic()
        times = [random.random() * size.span_s for _ in range(size.runs)]
        running = [asyncio.create_task(load.run(i, at_s)) for i, at_s in enumerate(times)]
        doubling = asyncio.create_task(bus.double())
        say(f"{size.runs} runs and {size.kills} kills in {size.span_s:.0f} s")
        await mischief.perform(drawn(random, size))
        doubling.cancel()
        await asyncio.gather(doubling, return_exceptions=True)
        return await _calm(stage, load, mischief, running, say)


async def _calm(
    stage: Stage, load: Load, mischief: Mischief, running: list["asyncio.Task[None]"], say: Say
) -> Outcome:
    """Let everything come to its end, for so long; then judge."""
    keeper = stage.keeper
    keeper.set_clocks_right()
    calm = time.monotonic()
    up_s = await keeper.all_up()
    say(f"calm: everything is up after {up_s:.1f} s")
    done, late = await asyncio.wait(running, timeout=mischief.size.calm_s)
    for each in late:
        each.cancel()
    trouble = [str(each.exception()) for each in done if each.exception()]
    with suppress(ChaosError):  # the checker names what is left
        await until(lambda: _is_quiet(stage, mischief.bus), "the last child runs to finish", QUIET_S)
    say(f"finished {time.monotonic() - calm:.1f} s after the last deed")
    world = await _world(stage, load)
    found = violations(world)
    ended = [each.ended_s for each in load.begun if each.ended_s is not None]
    took = {**keeper.took, "all runs, once it was calm": [max(ended, default=0) + load.began - calm]}
    done_ = {**mischief.done, **{f"messages {what}": n for what, n in mischief.bus.done.items()}}
    text = table(_counts(stage, load, world, calm), done_, took, found)
    if trouble:
        raise ChaosError("\n".join([text, "the harness is at its end:", *trouble[:10]]))
    return Outcome(text, found)


async def _is_quiet(stage: Stage, bus: Bus) -> bool:
    return not await reading.unfinished(stage.store) and not await bus.waiting(DEAD_QUEUE)


async def _world(stage: Stage, load: Load) -> World:
    return World(
        begun=load.begun,
        controls=load.controls(),
        stories=await reading.stories(stage.store),
        ledger=stage.target.ledger,
        letters=await reading.letters(stage.store),
        payloads=await reading.payloads(stage.store),
        faults=stage.caller.faults,
    )


def _counts(stage: Stage, load: Load, world: World, calm: float) -> dict[str, object]:
    statuses = sorted(story.run.status for story in world.stories.values())
    return {
        "starts acknowledged": len(load.begun),
        "runs with child runs": ", ".join(f"{statuses.count(each)} {each}" for each in sorted(set(statuses))),
        "events": sum(len(story.events) for story in world.stories.values()),
        "controls acknowledged": len(load.asked),
        "requests at the target": sum(stage.target.calls.values()),
        "dead letters, all poison": sum(each.poison for each in world.letters),
        "answers to the client": dict(stage.caller.heard.most_common()),
        "seconds of mischief": f"{calm - load.began:.0f}",
    }
