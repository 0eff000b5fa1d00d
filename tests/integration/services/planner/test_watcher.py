"""The watcher of stuck runs: when it counts one, when it does not any more, and what it says."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from services.planner import watcher as module
from services.planner.watcher import Watcher
from shared.ids import now_ms
from shared.storage.mongo import Store
from shared.storage.runs import Runs
from tests.builders import run


class Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.said: list[tuple[str, dict[str, Any]]] = []

    def warning(self, event: str, **more: Any) -> None:
        self.said.append((event, more))


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    kept = Log()
    monkeypatch.setattr(module, "logger", kept)
    return kept


def counted() -> float | None:
    return REGISTRY.get_sample_value("weft_stuck_runs")


def rounds() -> float:
    return REGISTRY.get_sample_value("weft_stuck_rounds_total") or 0


async def test_a_run_counts_once_it_has_not_moved_for_a_round(store: Store, log: Log) -> None:
    runs, watcher = Runs(store), Watcher(store, round_s=1, leads=lambda _: True)
    await runs.insert_many([run("run_1", wake_at=None), run("run_2", wake_at=now_ms() + 5_000)])
    await watcher.look()
    assert (counted(), log.said) == (0, [])
    await watcher.look()
    await watcher.look()
    [(event, told)] = log.said
    assert (counted(), event, told["run_id"]) == (1, "run.stuck", "run_1")
    assert "nothing will look at it again" in told["reasons"]
    await runs.save([run("run_1", rev=2, wake_at=now_ms() + 5_000)])
    await watcher.look()
    assert counted() == 0


async def test_a_run_that_moves_is_never_counted(store: Store, log: Log) -> None:
    runs, watcher = Runs(store), Watcher(store, round_s=1, leads=lambda _: True)
    await runs.insert(run(wake_at=None))
    for rev in range(2, 6):
        await watcher.look()
        assert await runs.save([run(rev=rev, wake_at=None)])
    assert (counted(), log.said) == (0, [])


async def test_a_round_takes_as_long_as_it_is_told_to(store: Store) -> None:
    before, watcher = rounds(), Watcher(store, round_s=60, leads=lambda _: True)
    for _ in range(16):
        await watcher.look()
    assert rounds() == before
    await watcher.look()
    assert rounds() == before + 1


async def test_of_many_only_some_are_named(store: Store, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LOGGED", 3)
    watcher = Watcher(store, round_s=1, leads=lambda _: True)
    await Runs(store).insert_many([run(f"run_1.each.{number}", wake_at=None) for number in range(10)])
    await watcher.look()
    await watcher.look()
    assert [event for event, _ in log.said] == ["run.stuck"] * 3 + ["runs.stuck"]
    assert (counted(), log.said[-1][1]) == (10, {"more": 7})
