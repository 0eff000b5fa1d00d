"""Histories of earlier days lead today's code to the same decisions."""

import pytest

from shared.stuck import why_stuck
from tests.builders import graph, succeeded, version
from tests.unit.services.planner.history import FOLDER, load, outcome, replay
from tests.unit.services.planner.play import Play

NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.mark.parametrize("name", NAMES)
def test_a_history_is_decided_as_it_was(name: str) -> None:
    history = load(name)
    assert outcome(replay(history)) == history["expected"], history["about"]


@pytest.mark.parametrize("name", NAMES)
def test_no_run_is_ever_called_stuck(name: str) -> None:
    play = replay(load(name))
    for (now, _), decision in zip(play.batches, play.decisions, strict=True):
        assert why_stuck(decision.run, now) == []


def test_there_are_histories() -> None:
    assert len(NAMES) >= 6


def test_another_decision_is_seen() -> None:
    played = Play(version(graph("a > b")))
    before = outcome(played)
    played.answer(succeeded("a"), succeeded("b"))
    assert outcome(played) != before
