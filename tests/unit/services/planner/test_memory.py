"""What the planner remembers of runs is a shortcut, never the reason why a run is not found."""

import asyncio
from collections.abc import Sequence
from typing import Any

from services.planner.heard import Heard
from services.planner.memory import Memory
from shared.contracts.events import RunWoken
from shared.contracts.run import Run
from tests.builders import run


class Loading:
    """A store that answers when the test lets it."""

    def __init__(self, *runs: Run) -> None:
        self.runs = {each.id: each for each in runs}
        self.asked = asyncio.Event()
        self.answering = asyncio.Event()

    async def load(self, run_ids: Sequence[str]) -> dict[str, Run]:
        self.asked.set()
        await self.answering.wait()
        return {each: self.runs[each] for each in run_ids}


async def test_a_run_that_is_forgotten_while_another_is_loaded_is_still_found() -> None:
    known, other = run("run_1"), run("run_2")
    store: Any = Loading(known, other)
    memory = Memory(store, None)  # type: ignore[arg-type]
    memory.keep(known)
    heard = {each: [Heard(RunWoken(run_id=each), "")] for each in ("run_1", "run_2")}
    looking = asyncio.create_task(memory.runs(heard, trust_messages=True))
    await store.asked.wait()
    memory.forget("run_1")  # it has been recorded meanwhile
    store.answering.set()
    assert await looking == {"run_1": known, "run_2": other}
