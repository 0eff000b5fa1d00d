"""State machines with what the specification says they come to."""

from dataclasses import dataclass, field
from typing import Any

from tests.unit.shared.asl.machines import (
    COUNT,
    POLL,
    State,
    choice,
    machine,
    map_,
    parallel,
    pass_,
    rule,
    task,
)


@dataclass(frozen=True)
class Case:
    """A machine, its input and output; or with `fails`, the Error Name and Cause that it fails with."""

    definition: State
    input: Any = field(default_factory=dict)
    output: Any = None
    mocks: dict[str, list[Any]] = field(default_factory=dict)
    fails: tuple[str, str] | None = None


def failing(name: str, cause: str = "why") -> State:
    """A mock that fails."""
    return {"failure": {"code": name, "message": cause}}


def caught(then: str, *names: str, **more: Any) -> State:
    """A Catcher."""
    return {"ErrorEquals": list(names) or ["States.ALL"], "Next": then, **more}


FAIL: State = {"Type": "Fail", "Error": "Broken", "Cause": "It fell"}
SUCCEED: State = {"Type": "Succeed"}
X = {"x": 1}
DIAMOND = machine(
    "A",
    A=choice("C", rule("$.x", "NumericEquals", 1, "B")),
    B=pass_(Result="b", Next="D"),
    C=pass_(Result="c", Next="D"),
    D=pass_(Parameters={"got.$": "$"}),
)
SHORTCUT = machine(
    "A", A=choice("C", rule("$.x", "NumericEquals", 1, "B")), B=pass_(Result="b", Next="C"), C=pass_()
)
CATCHES = machine(
    "A",
    A=task(Catch=[caught("B", "Known"), caught("C", ResultPath="$.error")]),
    B=pass_(OutputPath="$.Error"),
    C=pass_(),
)
SELECTS = machine(
    "A",
    A=task(
        InputPath="$.in",
        Parameters={"n.$": "$.x"},
        ResultSelector={"v.$": "$.value"},
        ResultPath="$.out",
        OutputPath="$.out",
    ),
)
RETRIES = machine(
    "A",
    A=task(
        Retry=[
            {"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "MaxAttempts": 2},
            {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5},
        ],
        Catch=[caught("Z")],
    ),
    Z=pass_(OutputPath="$.Cause"),
)
IN_TURN = [failing("ErrorA", "1"), failing("ErrorB", "2"), failing("ErrorC", "3")]
LETTERS = machine(
    "S",
    S=choice("B", rule("$.at", "StringEquals", "a", "A")),
    A=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)", "t.$": "States.Format('{}a', $.t)"}, Next="B"),
    B=pass_(Parameters={"n.$": "$.n", "t.$": "States.Format('{}b', $.t)"}, Next="Q"),
    Q=choice("Z", rule("$.n", "NumericLessThan", 3, "A")),
    Z=pass_(OutputPath="$.t"),
)
KEEPS_TRYING = machine(
    "Call",
    Call=task(ResultPath="$.got", Catch=[caught("Pause", ResultPath="$.error")], Next="Done"),
    Pause={"Type": "Wait", "Seconds": 60, "Next": "Call"},
    Done=pass_(OutputPath="$.got"),
)
ONE, TWO = (
    machine("One", One=pass_(Result=1)),
    machine(
        "Two",
        Two=choice("Two B", rule("$.x", "IsNull", True, "Two B")),
        **{"Two B": pass_(ResultPath="$.two", Result=2)},
    ),
)
BAD = machine("Bad", Bad=FAIL)
WORK = machine("Work", Work=task())
DOUBLE = machine("Double", Double=pass_(Parameters={"v.$": "$.k"}))
ROWS = {"rows": [{"k": 1}, {"k": 2}]}
ODD = machine(
    "Odd?", **{"Odd?": choice("Odd", rule("$", "NumericEquals", 2, "Even"))}, Even=FAIL, Odd=SUCCEED
)
LOOPS = machine("Both", Both=parallel(COUNT, Catch=[caught("Lost")]), Lost=pass_())

CASES: dict[str, Case] = {
    "a pass hands on": Case(machine("A", A=pass_()), X, X),
    "null is an input": Case(machine("A", A=pass_()), None, None),
    "braces mean nothing": Case(machine("A", A=pass_(Result="{{ nodes.x }}")), X, "{{ nodes.x }}"),
    "a succeed ends": Case(
        machine("A", A=pass_(Result=2, ResultPath="$.r", Next="B"), B=SUCCEED), X, {"x": 1, "r": 2}
    ),
    "one way through": Case(DIAMOND, X, {"got": "b"}),
    "the other way through": Case(DIAMOND, {"x": 2}, {"got": "c"}),
    "a way round": Case(SHORTCUT, X, "b"),
    "straight on": Case(SHORTCUT, {"x": 2}, {"x": 2}),
    "no rule holds": Case(
        machine("A", A=choice(None, rule("$.x", "NumericEquals", 2, "A"))),
        X,
        fails=("States.NoChoiceMatched", "no Choice Rule of 'A' holds, and there is no Default"),
    ),
    "a fail fails": Case(machine("A", A=FAIL), X, fails=("Broken", "It fell")),
    "what nothing leads to is left out": Case(machine("A", A=pass_(), B=FAIL), X, X),
    "a task's result": Case(machine("A", A=task()), X, {"v": 1}, {"A": [{"v": 1}]}),
    "a task's result is null": Case(
        machine("A", A=task(ResultPath="$.r")), X, {"x": 1, "r": None}, {"A": [None]}
    ),
    "all five fields": Case(SELECTS, {"in": {"x": 1}}, {"v": 7}, {"A": [{"value": 7, "rest": 8}]}),
    "a known failure": Case(CATCHES, X, "Known", {"A": [failing("Known")]}),
    "any failure": Case(CATCHES, X, {"x": 1, "error": {"Error": "Y", "Cause": "why"}}, {"A": [failing("Y")]}),
    "no failure": Case(CATCHES, X, "fine", {"A": ["fine"]}),
    "a failure nobody names": Case(
        machine("A", A=task(Catch=[caught("A", "Other")])), X, None, {"A": [failing("Y")]}, ("Y", "why")
    ),
    "a failure of the input": Case(
        machine("A", A=task(Parameters={"a.$": "$.b"}, Catch=[caught("B")]), B=pass_(OutputPath="$.Error")),
        X,
        "States.ParameterPathFailure",
        {"A": [1]},
    ),
    "retried once": Case(
        machine("A", A=task(Retry=[{"ErrorEquals": ["X"], "MaxAttempts": 1}])),
        X,
        "ok",
        {"A": [failing("X"), "ok"]},
    ),
    "retried to no avail": Case(
        machine("A", A=task(Retry=[{"ErrorEquals": ["X"], "MaxAttempts": 1}])),
        X,
        None,
        {"A": [failing("X"), failing("X"), "ok"]},
        ("X", "why"),
    ),
    "every retrier in turn": Case(RETRIES, X, "ok", {"A": [*IN_TURN, "ok"]}),
    "every retrier used up": Case(RETRIES, X, "4", {"A": [*IN_TURN, failing("ErrorB", "4"), "ok"]}),
    "a wait": Case(machine("A", A={"Type": "Wait", "Seconds": 60, "OutputPath": "$.x", "End": True}), X, 1),
    "a wait read from the input": Case(
        machine("A", A={"Type": "Wait", "InputPath": "$.y", "SecondsPath": "$.s", "End": True}),
        {"y": {"s": 60}},
        {"s": 60},
    ),
    "a count": Case(COUNT, {"n": 0}, {"n": 3}),
    "a count that is there": Case(COUNT, {"n": 9}, {"n": 9}),
    "polled": Case(POLL, X, {"x": 1, "status": "DONE"}, {"Get status": ["BUSY", "BUSY", "DONE"]}),
    "into a loop in front": Case(LETTERS, {"at": "a", "n": 0, "t": ""}, "ababab"),
    "into a loop in the middle": Case(LETTERS, {"at": "b", "n": 1, "t": ""}, "babab"),
    "a catch leads back": Case(KEEPS_TRYING, X, "got it", {"Call": [failing("A"), failing("B"), "got it"]}),
    "branches side by side": Case(
        machine("A", A=parallel(ONE, TWO, ResultPath="$.r")),
        {"x": None},
        {"x": None, "r": [1, {"x": None, "two": 2}]},
    ),
    "a branch fails": Case(machine("A", A=parallel(ONE, BAD)), X, fails=("Broken", "It fell")),
    "a branch fails and is caught": Case(
        machine("A", A=parallel(ONE, BAD, Catch=[caught("B", ResultPath="$.e")]), B=pass_()),
        X,
        {"x": 1, "e": {"Error": "Broken", "Cause": "It fell"}},
    ),
    "branches are retried": Case(
        machine("A", A=parallel(WORK, ONE, Retry=[{"ErrorEquals": ["States.ALL"]}])),
        X,
        ["ok", 1],
        {"Work": ["ok"]},
    ),
    "a map": Case(machine("A", A=map_(DOUBLE, ItemsPath="$.rows")), ROWS, [{"v": 1}, {"v": 2}]),
    "a map of nothing": Case(machine("A", A=map_(DOUBLE, ItemsPath="$.rows")), {"rows": []}, []),
    "a map of selected items": Case(
        machine(
            "A",
            A=map_(
                machine("B", B=pass_()),
                ItemsPath="$.rows[*].k",
                ItemSelector={"i.$": "$$.Map.Item.Index", "all.$": "$.rows"},
            ),
        ),
        {"rows": [{"k": 5}]},
        [{"i": 0, "all": [{"k": 5}]}],
    ),
    "iterations know their item": Case(
        machine(
            "A",
            A=map_(
                machine(
                    "B", B=pass_(Parameters={"v.$": "$$.Map.Item.Value", "first.$": "$$.Execution.Input[0]"})
                )
            ),
        ),
        ["p", "q"],
        [{"v": "p", "first": "p"}, {"v": "q", "first": "p"}],
    ),
    "each item's task": Case(machine("A", A=map_(WORK)), [1, 2], ["a", "b"], {"Work": ["a", "b"]}),
    "an item fails": Case(machine("A", A=map_(BAD)), [1], fails=("Broken", "It fell")),
    "an item fails and is caught": Case(
        machine("A", A=map_(BAD, Catch=[caught("B", "Broken")]), B=pass_(OutputPath="$.Cause")),
        [1],
        "It fell",
    ),
    "some items may fail": Case(machine("A", A=map_(ODD, ToleratedFailureCount=1)), [1, 2, 3], [1, 3]),
    "too many items fail": Case(
        machine("A", A=map_(ODD, ToleratedFailurePercentage=50)),
        [2, 2, 3],
        fails=("States.ExceedToleratedFailureThreshold", "2 of 3 items failed; 1.5 may"),
    ),
    "loops in branches in a map": Case(
        machine("A", A=map_(LOOPS)), [{"n": 0}, {"n": 7}], [[{"n": 3}], [{"n": 7}]]
    ),
    "the context object": Case(
        machine("A", A=pass_(Parameters={"s.$": "$$.State.Name", "x.$": "$$.Execution.Input.x"})),
        X,
        {"s": "A", "x": 1},
    ),
    "a result with no place": Case(
        machine("A", A=pass_(Result=1, ResultPath="$.r")),
        "text",
        fails=(
            "States.ResultPathMatchFailure",
            "ResultPath '$.r' cannot be applied: a string has no place 'r'",
        ),
    ),
    "null paths": Case(
        machine(
            "A",
            A=pass_(InputPath=None, ResultPath="$.r", Next="B"),
            B=pass_(OutputPath=None, ResultPath=None),
        ),
        X,
        {},
    ),
}
