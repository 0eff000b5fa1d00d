"""A machine that is tried: what it is, what goes in, and what its Tasks answer."""

from dataclasses import dataclass, field
from typing import Any

from tests.asl.faults import Failed
from tests.asl.interpreter import Answers, Interpreter
from tests.unit.shared.asl.machines import State, machine, pass_

UNNAMED = "States.Failed"
"""What a Fail state without Error fails with here: a run's failure has a code."""

OWN = {
    "States.Runtime",
    "States.NoChoiceMatched",
    "States.ParameterPathFailure",
    "States.ResultPathMatchFailure",
    "States.IntrinsicFailure",
}
"""Error Names of what an interpreter itself finds wrong."""


@dataclass(frozen=True)
class Trial:
    """`answers` are of Tasks by their names, one a call."""

    definition: State
    input: Any = None
    answers: Answers = field(default_factory=dict[str, list[Any]])


@dataclass(frozen=True)
class End:
    """What a machine comes to: an output, or an Error Name."""

    output: Any = None
    error: str | None = None


def expected(trial: Trial, **limits: Any) -> End:
    """What the specification says. Raises Ambiguous, Endless."""
    try:
        return End(Interpreter(trial.answers, **limits).run(trial.definition, trial.input))
    except Failed as failed:
        return End(error=failed.error or UNNAMED)


def told(output: Any) -> Any:
    """An output without the Causes that an interpreter words itself, so that two of them can be compared."""
    if isinstance(output, list):
        return [told(each) for each in output]
    if not isinstance(output, dict):
        return output
    own = "Cause" in output and str(output.get("Error")) in OWN
    return {key: None if own and key == "Cause" else told(value) for key, value in output.items()}


def passing(data: Any, **fields: Any) -> Trial:
    """A single Pass state."""
    return Trial(machine("A", A=pass_(**fields)), data)


def failing(code: str, message: str = "why") -> State:
    """An answer with which a Task fails."""
    return {"failure": {"code": code, "message": message}}
