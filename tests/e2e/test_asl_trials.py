"""Several hundred imported machines come to what an interpreter of its own makes of them."""

import asyncio
from collections.abc import Iterator
from typing import Any

from shared.asl.translate import translate
from shared.check import check
from tests.asl import (
    trials_choice,
    trials_cycles,
    trials_nested,
    trials_samples,
    trials_tasks,
)
from tests.asl.drawing import drawn
from tests.asl.interpreter import Ambiguous, Endless
from tests.asl.trial import End, Trial, expected, told
from tests.e2e.client import Weft
from tests.unit.shared.asl.test_translate import CATALOG

AT_ONCE = 12
SEEDS = 150
MOST_STATES = 40
WRITTEN = (trials_choice, trials_cycles, trials_nested, trials_samples, trials_tasks)
Tried = dict[str, tuple[Trial, dict[str, Any], End]]


async def test_what_is_written_does_as_specified(weft: Weft) -> None:
    trials = {name: trial for module in WRITTEN for name, trial in module.trials().items()}
    tried: Tried = {name: (trial, graph_of(trial), expected(trial)) for name, trial in trials.items()}
    assert await differing(weft, tried) == {}


async def test_what_is_drawn_does_as_specified(weft: Weft) -> None:
    tried = dict(some_drawn())
    assert len(tried) > SEEDS / 2
    assert await differing(weft, tried) == {}


def some_drawn() -> Iterator[tuple[str, tuple[Trial, dict[str, Any], End]]]:
    """Random machines that end, at the same end whoever is faster, and that fit into a graph."""
    for seed in range(SEEDS):
        trial = drawn(seed)
        graph = graph_of(trial)
        try:
            end = expected(trial, strict=True, most=MOST_STATES)
        except (Ambiguous, Endless):
            continue
        if not check(graph, CATALOG).problems:
            yield f"seed {seed}", (trial, graph, end)


async def differing(weft: Weft, tried: Tried) -> dict[str, tuple[End, Any]]:
    """The trials that come to something else: what was expected, and the run."""
    room = asyncio.Semaphore(AT_ONCE)

    async def run(name: str) -> tuple[str, tuple[End, Any]] | None:
        trial, graph, wanted = tried[name]
        mocks = {each: answers for each, answers in trial.answers.items() if each in names_in(graph)}
        asked = {"graph": graph, "input": trial.input, "dry": True, "mocks": mocks}
        async with room:
            status, found = await weft.call("POST", "/runs?wait=60", asked)
        if status == 200 and found["status"] in ("succeeded", "failed"):
            failure = found["failure"]
            end = End(error=failure["code"]) if failure else End(told(found["output"]))
            if end == End(told(wanted.output), wanted.error):
                return None
        return name, (wanted, found)

    return dict(filter(None, await asyncio.gather(*map(run, tried))))


def graph_of(trial: Trial) -> dict[str, Any]:
    """What a machine is imported as."""
    translated = translate(trial.definition)
    assert translated.graph is not None, translated.faults
    return translated.graph


def names_in(graph: dict[str, Any]) -> set[str]:
    """The names of all nodes; Tasks that nothing leads to have none."""
    inner = (node["config"]["graph"] for node in graph["nodes"] if "graph" in node["config"])
    own = {node["name"] for node in graph["nodes"] if "name" in node}
    return own.union(*(names_in(each) for each in inner))
