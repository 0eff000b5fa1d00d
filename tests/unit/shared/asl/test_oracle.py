"""What states are imported as does what an interpreter of its own makes of the same definitions."""

from typing import Any

import pytest

from shared.asl.choice import holds
from shared.asl.data import effective_input, output
from shared.asl.errors import StatesError
from shared.asl.translate import translate
from shared.check import check
from tests.asl import (
    choices,
    paths,
    trials_choice,
    trials_cycles,
    trials_data,
    trials_functions,
    trials_nested,
    trials_tasks,
)
from tests.asl.drawing import drawn
from tests.asl.faults import Failed
from tests.asl.interpreter import Ambiguous, Endless
from tests.asl.trial import End, Trial, expected
from tests.unit.shared.asl.machines import State
from tests.unit.shared.asl.test_translate import CATALOG

ALONE = {
    name: trial
    for name, trial in {**trials_data.trials(), **trials_functions.trials()}.items()
    if [state["Type"] for state in trial.definition["States"].values()] == ["Pass"]
}
TRANSLATED = {
    **trials_cycles.trials(),
    **trials_nested.trials(),
    **dict(list(trials_tasks.trials().items())[::10]),
}


def passed(trial: Trial) -> End:
    """What a Pass state comes to."""
    [(name, state)] = trial.definition["States"].items()
    context = {"Execution": {"Input": trial.input}, "State": {"Name": name, "RetryCount": 0}}
    try:
        data = effective_input(state, trial.input, context)
        return End(output(state, trial.input, state.get("Result", data), context))
    except StatesError as error:
        return End(error=error.name)


@pytest.mark.parametrize("trial", ALONE.values(), ids=ALONE)
def test_data_is_shaped_as_specified(trial: Trial) -> None:
    assert passed(trial) == expected(trial)


@pytest.mark.parametrize("rule", trials_choice.RULES, ids=str)
def test_rules_hold_as_specified(rule: State) -> None:
    for value in trials_choice.VALUES:
        for other in trials_choice.VALUES:
            data = {"v": value, "w": other}
            wanted = choices.holds(rule, lambda path, data=data: paths.read(path, data))
            assert holds(rule, data, {}) == wanted, data


@pytest.mark.parametrize("trial", TRANSLATED.values(), ids=TRANSLATED)
def test_graphs_are_sound(trial: Trial) -> None:
    assert check(graph_of(trial), CATALOG).problems == []


def test_random_machines_make_sound_graphs() -> None:
    deep = 0
    for seed in range(100):
        codes = {problem.code for problem in check(graph_of(drawn(seed)), CATALOG, max_nodes=1_000).problems}
        deep += codes == {"nested_too_deep"}
        assert codes <= {"nested_too_deep"}, seed
    assert deep < 5


def test_the_oracle_tells_what_it_cannot_know() -> None:
    sides = [{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": each}}} for each in "AB"]
    race = {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": sides, "End": True}}}
    round_: dict[str, Any] = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    with pytest.raises(Ambiguous):
        expected(Trial(race))
    with pytest.raises(Endless):
        expected(Trial(round_))
    with pytest.raises(Failed):
        choices.holds(trials_choice.at("IsNull", True), lambda path: paths.read(path, {}))


def graph_of(trial: Trial) -> dict[str, Any]:
    """What a machine is imported as."""
    translated = translate(trial.definition)
    assert translated.graph is not None, translated.faults
    return translated.graph
