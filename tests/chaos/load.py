"""Runs of every shape, started over the whole time, answered, paused and cancelled as people do."""

import asyncio
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

from shared.contracts.run import RUN_FINISHED
from tests.chaos.caller import Caller, ChaosError
from tests.chaos.facts import Begun, Control
from tests.chaos.keeper import until
from tests.chaos.shapes import Pen, Shape, draw
from tests.chaos.target import Target
from tests.e2e.client import graph, values

WAIT_S = 10
ANSWER_EVERY_S = 0.7
QUEUED_S = 90
"""No message waits longer for a planner than that."""
CANCELLED, PAUSED, AGAIN = 0.06, 0.14, 0.2


@dataclass
class Asked:
    """A control that was accepted, and when."""

    run_id: str
    action: str
    answer: str
    at: float
    node: str = ""


@dataclass
class Load:
    """What was asked of the system, and what it said. `lossy` are the times at which planner queues were
    emptied."""

    seed: int
    caller: Caller
    target: Target
    began: float = field(default_factory=time.monotonic)
    begun: list[Begun] = field(default_factory=list[Begun])
    asked: list[Asked] = field(default_factory=list[Asked])
    lossy: list[float] = field(default_factory=list[float])
    inner: str = ""

    async def prepare(self) -> None:
        """Publish the workflow that others run, as soon as the node types are known."""
        of = graph([values("double", n="{{ trigger.n * 2 }}")], output="{{ nodes.double.n }}")
        wanted = {"name": "inner", "graph": of}

        async def known() -> bool:
            status, workflow = await self.caller.send("POST", "/workflows", wanted)
            self.inner = workflow.get("id", "")
            return status == 201

        await until(known, "the catalog")
        await self.caller.send("POST", f"/workflows/{self.inner}/versions", {})

    async def run(self, number: int, at_s: float) -> None:
        """One run from its start to its end, with all that is done to it, and perhaps again."""
        random = Random(f"{self.seed}:{number}")
        shape = draw(Pen(random, self.target, self.inner))
        await asyncio.sleep(max(0, self.began + at_s - time.monotonic()))
        begun = Begun(f"start-{self.seed}-{number}", shape.name, shape.expected)
        body = {"graph": shape.graph, "input": shape.input}
        run_id = await self._start("/runs", body, begun)
        if random.random() < 0.1:
            await self._start("/runs", body, begun)
        doing = [
            asyncio.create_task(self._controlled(random, begun, run_id)),
            *(asyncio.create_task(self._decide(run_id, each)) for each in shape.reviews),
            *(asyncio.create_task(self._signal(run_id, each)) for each in shape.signals),
        ]
        await self._ended(begun)
        await asyncio.gather(*doing)
        if shape.again and begun.shown != "cancelled" and random.random() < AGAIN:
            await self._again(number, shape, run_id)

    def controls(self) -> list[Control]:
        """All that were accepted."""

        def purged(asked: Asked) -> bool:
            return any(0 <= at - asked.at <= QUEUED_S for at in self.lossy)

        return [
            Control(each.run_id, each.action, each.answer, each.node, purged(each)) for each in self.asked
        ]

    async def _again(self, number: int, shape: Shape, run_id: str) -> None:
        begun = Begun(f"again-{self.seed}-{number}", f"{shape.name} again", shape.expected, rerun=True)
        await self._start(f"/runs/{run_id}/rerun", {"from": shape.again}, begun)
        await self._ended(begun)

    async def _start(self, path: str, body: Any, begun: Begun) -> str:
        status, run = await self.caller.send("POST", path, body, begun.key)
        if status not in (200, 202):
            raise ChaosError(f"{begun.shape} was refused: {status} {run}")
        if not begun.run_ids:
            self.begun.append(begun)
        begun.run_ids.append(run["id"])
        return run["id"]

    async def _ended(self, begun: Begun) -> None:
        while begun.shown not in RUN_FINISHED:
            status, run = await self.caller.send("GET", f"/runs/{begun.run_ids[0]}?wait={WAIT_S}")
            if status not in (200, 202):
                raise ChaosError(f"{begun.run_ids[0]} cannot be read: {status} {run}")
            begun.shown, begun.shown_output = run["status"], run["output"]
        begun.ended_s = time.monotonic() - self.began

    async def _controlled(self, random: Random, begun: Begun, run_id: str) -> None:
        chance, after_s, long_s = random.random(), random.random() * 3, 0.3 + random.random() * 3
        if chance < CANCELLED:
            await asyncio.sleep(after_s)
            begun.cancelled = True
            await self._control(run_id, "cancel")
        elif chance < CANCELLED + PAUSED:
            await asyncio.sleep(after_s)
            if await self._control(run_id, "pause"):
                await asyncio.sleep(long_s)
                await self._insist(begun, run_id)

    async def _insist(self, begun: Begun, run_id: str) -> None:
        """Have it go on; who was told no more than that it was asked for looks again."""
        answer = await self._control(run_id, "resume")
        while answer == "asked" and begun.shown not in RUN_FINISHED:
            await asyncio.sleep(ANSWER_EVERY_S)
            answer = await self._control(run_id, "resume")

    async def _control(self, run_id: str, action: str) -> str:
        """How it was answered; empty when it was refused."""
        at = time.monotonic()
        key = f"{action}-{run_id}"
        status, _ = await self.caller.send("POST", f"/runs/{run_id}/{action}", None, key)
        return self._note(status, Asked(run_id, action, "", at))

    def _note(self, status: int, asked: Asked) -> str:
        asked.answer = {200: "effect", 202: "asked"}.get(status, "")
        if asked.answer:
            self.asked.append(asked)
        return asked.answer

    async def _decide(self, run_id: str, node_id: str) -> None:
        """Approve as soon as somebody is asked, until it is heard."""
        path = f"/runs/{run_id}/nodes/{node_id}"
        while await self._is_waiting(run_id, node_id):
            at = time.monotonic()
            body = {"decision": "approve"}
            status, _ = await self.caller.send("POST", f"{path}/decide", body, f"decide-{run_id}-{node_id}")
            self._note(status, Asked(run_id, "decide", "", at, node_id))
            await asyncio.sleep(ANSWER_EVERY_S)

    async def _signal(self, run_id: str, node_id: str) -> None:
        while url := await self._is_waiting(run_id, node_id):
            at = time.monotonic()
            path = "/api/" + url.partition("/api/")[2]
            status, _ = await self.caller.send("POST", path, {"paid": True}, f"signal-{run_id}-{node_id}")
            self._note(status, Asked(run_id, "signal", "", at, node_id))
            await asyncio.sleep(ANSWER_EVERY_S)

    async def _is_waiting(self, run_id: str, node_id: str) -> str:
        """Return when it waits for somebody, with where to answer; empty when it does not any more."""
        while True:
            _, found = await self.caller.send("GET", f"/runs/{run_id}/nodes/{node_id}")
            if found.get("waiting"):
                return found["waiting"].get("url") or "review"
            if found["status"] in ("succeeded", "failed", "skipped", "cancelled"):
                return ""
            _, run = await self.caller.send("GET", f"/runs/{run_id}")
            if run["status"] in RUN_FINISHED:
                return ""
            await asyncio.sleep(ANSWER_EVERY_S)
