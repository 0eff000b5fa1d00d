"""Triggers in a real store, clocks whose hands the tests hold, and a bus that notes what is announced."""

from collections.abc import Callable
from typing import Any

import pytest

from services.planner.triggers import continuing, timetable
from services.planner.triggers.continuing import Continuing
from services.planner.triggers.timetable import Timetable
from shared import firing
from shared.contracts.events import Message, RunRequested
from shared.contracts.trigger import Trigger, TriggerConfig
from shared.firing import Firing
from shared.storage.mongo import Store
from shared.storage.payloads import Payloads
from shared.storage.runs import Runs
from shared.storage.triggers import Triggers
from shared.storage.workflows import Workflow, Workflows
from tests.builders import NOW, WORKSPACE

START = NOW - NOW % 60_000


class Bus:
    """Notes whose runs are announced."""

    def __init__(self) -> None:
        self.announced: list[str] = []

    async def publish(self, message: Message, key: str, *, trace: str = "") -> None:
        """Note it."""
        assert isinstance(message, RunRequested)
        assert key.startswith("run.requested.")
        self.announced.append(message.run_id)


class Scene:
    """One workflow `wf_1` that is published, and what the tests do with it."""

    def __init__(self, store: Store) -> None:
        self.store, self.bus, self.now = store, Bus(), START
        self.triggers, self.runs, self.workflows = Triggers(store), Runs(store), Workflows(store)
        self.payloads = Payloads(store)
        self.firing = Firing(self.bus, store)  # type: ignore[arg-type]
        self.continuing = Continuing(self.triggers, self.runs, self.firing)

    def clock(self, leads: Callable[[int], bool] = lambda _: True) -> Timetable:
        """A clock of another process."""
        return Timetable(self.triggers, self.firing, self.continuing, leads)

    async def add(self, config: TriggerConfig, number: int = 1, **more: Any) -> Trigger:
        """A trigger that is due now."""
        given = {"workflow_id": "wf_1", "next_at": self.now, "created_at": 0, "updated_at": 0, **more}
        trigger = Trigger(id=f"trg_{number}", workspace_id=WORKSPACE, name="x", config=config, **given)
        assert await self.triggers.insert(trigger)
        return trigger

    async def found(self, number: int = 1) -> Trigger:
        """The trigger as it is stored."""
        return (await self.triggers.load([f"trg_{number}"]))[f"trg_{number}"]

    async def started(self, number: int = 1) -> list[str]:
        """The ids of its runs, the oldest first."""
        found = await self.runs.page(
            WORKSPACE, before=None, limit=500, status=None, workflow_id=None, trigger_id=f"trg_{number}"
        )
        return [each.id for each in found][::-1]


@pytest.fixture
def scene(store: Store, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Everybody's time is the scene's `now`."""
    scene = Scene(store)
    for module in (timetable, continuing, firing):
        monkeypatch.setattr(module, "now_ms", lambda: scene.now)
    return scene


@pytest.fixture
async def workflow(scene: Scene) -> Workflow:
    """The workflow, with one version."""
    return await published(scene)


async def published(scene: Scene, workflow_id: str = "wf_1", latest: int = 1) -> Workflow:
    """A workflow with so many versions."""
    made = Workflow(id=workflow_id, workspace_id=WORKSPACE, name="W", graph="{}", rev=1, latest=latest,
                    created_at=0, updated_at=0)  # fmt: skip
    await scene.workflows.insert(made)
    return made
