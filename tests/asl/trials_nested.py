"""Map, Parallel, and what is within them."""

from typing import Any

from tests.asl.trial import Trial, failing
from tests.asl.trials_tasks import catcher, retrier
from tests.unit.shared.asl.machines import State, choice, machine, map_, parallel, pass_, rule, task

ROWS = {"rows": [{"k": 1, "t": ["a", "b"]}, {"k": 2, "t": []}, {"k": 3, "t": ["c"]}], "by": 10, "none": []}
ITEM = machine(
    "I", I=pass_(Parameters={"k.$": "$.k", "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.k"})
)
ECHO = machine("E", E=pass_())
ONE = machine("One", One=pass_(Result=1))
BROKEN = machine("Broken", Broken={"Type": "Fail", "Error": "Broke", "Cause": "because"})
ODD = machine(
    "Odd",
    Odd=choice("Fine", rule("$.k", "NumericEquals", 2, "No")),
    Fine=pass_(OutputPath="$.k"),
    No={"Type": "Fail", "Error": "Even", "CausePath": "States.Format('{}', $.k)"},
)
AFTER = {"B": pass_(), "C": pass_(Result="c", ResultPath="$.c")}


def trials() -> dict[str, Trial]:
    """All, by name."""
    return _maps() | _inner() | _parallels() | _failing()


MAP_SHAPES: list[dict[str, Any]] = [
    {"ItemsPath": "$.rows"},
    {"ItemsPath": "$.none"},
    {"InputPath": "$.rows"},
    {"ItemsPath": "$.rows[*]"},
    {"ItemsPath": "$.rows[0:2]"},
    {"ItemsPath": "$.rows", "MaxConcurrency": 1},
    {"ItemsPath": "$.rows", "ResultPath": "$.out"},
    {
        "ItemsPath": "$.rows",
        "ItemSelector": {"k.$": "$$.Map.Item.Value.k", "by.$": "$.by", "n.$": "$$.Map.Item.Index"},
    },
    {"ItemsPath": "$.rows", "Parameters": {"k.$": "$$.Map.Item.Value.k", "by.$": "$.by"}},
    {"ItemsPath": "$.rows", "ItemSelector": {"k.$": "States.MathAdd($$.Map.Item.Value.k, $.by)"}},
    {"ItemsPath": "$.rows", "ResultSelector": {"n.$": "States.ArrayLength($)", "ks.$": "$[*].k"}},
    {"ItemsPath": "$.rows", "ResultPath": None},
    {"ItemsPath": "$.rows", "OutputPath": "$[0]"},
    {"ItemsPath": "$.by"},
    {"ItemsPath": "$.no"},
    {"ItemsPath": "$.rows", "ItemSelector": {"k.$": "$.no"}},
    {"ItemsPath": "$.rows", "MaxConcurrency": 0},
    {
        "ItemsPath": "$.rows",
        "ResultSelector": {"all.$": "$"},
        "ResultPath": "$.deep.out",
        "OutputPath": "$.deep",
    },
    {"ItemsPath": "$$.Execution.Input.rows"},
    {"InputPath": "$.none"},
    {"ItemsPath": "$.rows[?(@.k > 1)]"},
]


def _maps() -> dict[str, Trial]:
    found = {f"map {shape}": Trial(machine("M", M=map_(ECHO, **shape)), ROWS) for shape in MAP_SHAPES}
    found |= {f"map items {shape}": Trial(machine("M", M=map_(ITEM, **shape)), ROWS) for shape in MAP_SHAPES}
    legacy = {"Type": "Map", "Iterator": ITEM, "ItemsPath": "$.rows", "End": True, "MaxConcurrency": 2}
    config = {**ITEM, "ProcessorConfig": {"Mode": "INLINE"}}
    wide = {**ITEM, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    return found | {
        "an Iterator": Trial(machine("M", M=legacy), ROWS),
        "inline": Trial(machine("M", M=map_(config, ItemsPath="$.rows")), ROWS),
        "distributed": Trial(machine("M", M=map_(wide, ItemsPath="$.rows", Label="x")), ROWS),
        "plain items": Trial(machine("M", M=map_(ECHO)), [1, "a", None, [2], {}, False]),
        "one hundred and fifty items": Trial(
            machine("M", M=map_(machine("E", E=pass_(Parameters={"v.$": "$"})))), list(range(150))
        ),
    }


TAGS = machine(
    "T",
    T=map_(
        machine(
            "U",
            U=pass_(
                Parameters={"tag.$": "$", "i.$": "$$.Map.Item.Index", "input.$": "$$.Execution.Input.by"}
            ),
        ),
        ItemsPath="$.t",
    ),
)


COUNTDOWN = machine(
    "Zero?",
    **{"Zero?": choice("Less", rule("$.k", "NumericLessThanEquals", 0, "Done"))},
    Less=pass_(Parameters={"k.$": "States.MathAdd($.k, -1)", "n.$": "$.n"}, Next="More"),
    More=pass_(Parameters={"k.$": "$.k", "n.$": "States.MathAdd($.n, 1)"}, Next="Zero?"),
    Done=pass_(OutputPath="$.n"),
)


SIDES = machine("P", P=parallel(ECHO, ONE, machine("W", W=task())))


WORKS = machine(
    "W",
    W=task(ResultPath="$.r", Retry=[retrier("States.ALL")]),
)


CAUGHT = machine(
    "W",
    W=task(Catch=[catcher("X", ResultPath="$.e")], Next="Y"),
    X=pass_(OutputPath="$.e.Error"),
    Y=pass_(),
)


def _inner() -> dict[str, Trial]:
    """Machines in iterations."""
    outer = machine("S", S=map_(TAGS, ItemsPath="$.rows"))
    counting = machine(
        "M", M=map_(COUNTDOWN, ItemsPath="$.rows", ItemSelector={"k.$": "$$.Map.Item.Value.k", "n": 0})
    )
    return {
        "a map in a map": Trial(outer, ROWS),
        "a loop in a map": Trial(counting, ROWS),
        "branches in a map": Trial(machine("M", M=map_(SIDES, ItemsPath="$.rows")), ROWS, {"W": [0]}),
        "tasks in a map": Trial(
            machine("M", M=map_(WORKS, ItemsPath="$.rows")), ROWS, {"W": ["a", "b", "c"]}
        ),
        "failing tasks in a map": Trial(
            machine("M", M=map_(CAUGHT, ItemsPath="$.rows")), ROWS, {"W": [failing("N"), "b", failing("M")]}
        ),
        "a map in a branch": Trial(
            machine("P", P=parallel(outer, counting, ResultPath="$.r", OutputPath="$.r[1]")), ROWS
        ),
        "three maps": Trial(
            machine("Z", Z=map_(machine("M", M=map_(machine("N", N=map_(ECHO)))))), [[[1], [2, 3]], [], [[]]]
        ),
    }


def _parallels() -> dict[str, Trial]:
    shapes: list[dict[str, Any]] = [
        {},
        {"ResultPath": "$.r"},
        {"ResultPath": None},
        {"Parameters": {"k.$": "$.by"}},
        {"InputPath": "$.rows[0]"},
        {"ResultSelector": {"one.$": "$[1]", "k.$": "$[0].by"}},
        {"OutputPath": "$[1]"},
        {"InputPath": None},
        {"ResultSelector": {"first.$": "$[0]"}, "ResultPath": "$.r", "OutputPath": "$.r"},
        {"OutputPath": "$[7]"},
    ]
    found = {
        f"parallel {shape}": Trial(machine("P", P=parallel(ECHO, ONE, **shape)), ROWS) for shape in shapes
    }
    handled: dict[str, Any] = {
        "Catch": [catcher("B", ResultPath="$.e")],
        "Retry": [retrier("States.ALL", MaxAttempts=1)],
    }
    for shape in shapes:
        found[f"parallel {shape} guarded"] = Trial(
            machine("P", P=parallel(ECHO, ONE, **shape, **handled), **AFTER), ROWS
        )
    alone = machine(
        "P", P=parallel(ECHO, Next="Q"), Q=parallel(ECHO, ECHO, Next="R"), R=pass_(OutputPath="$[0][0].by")
    )
    deep = machine("P", P=parallel(machine("Q", Q=parallel(machine("R", R=parallel(ONE, ECHO)), ONE)), ECHO))
    long = machine(
        "P",
        P=parallel(
            machine("A", A=pass_(Result=1, Next="B"), B=pass_(ResultPath="$.x", Next="C"), C=pass_()), ONE
        ),
    )
    return found | {
        "one after the other": Trial(alone, ROWS),
        "deep": Trial(deep, 1),
        "uneven": Trial(long, ROWS),
    }


def _failing() -> dict[str, Trial]:
    """Failures within, and what is made of them around."""
    found: dict[str, Trial] = {}
    inner: dict[str, State] = {
        "parallel": parallel(ECHO, BROKEN),
        "map": map_(ODD, ItemsPath="$.rows"),
        "parallel of a task": parallel(machine("W", W=task()), ONE),
        "map of nothing": map_(ECHO, ItemsPath="$.by"),
        "map without a choice": map_(
            machine("Q", Q=choice(None, rule("$.k", "NumericEquals", 9, "R")), R=pass_()), ItemsPath="$.rows"
        ),
        "parallel with a bad path": parallel(machine("W", W=pass_(InputPath="$.no"))),
        "parallel with a bad parameter": parallel(machine("W", W=pass_(Parameters={"n.$": "$.no"}))),
    }
    handlers: dict[str, dict[str, Any]] = {
        "": {},
        "caught by all": {"Catch": [catcher("B", ResultPath="$.e")]},
        "caught by name": {
            "Catch": [catcher("B", "Broke", "Even", "No", "States.NoChoiceMatched"), catcher("C")]
        },
        "caught as TaskFailed": {"Catch": [catcher("B", "States.TaskFailed")]},
        "retried": {"Retry": [retrier("States.ALL", MaxAttempts=2)]},
        "retried and caught": {
            "Retry": [retrier("Other"), retrier("States.ALL", MaxAttempts=1)],
            "Catch": [catcher("C")],
        },
        "not caught": {"Catch": [catcher("B", "Other")]},
        "caught as Runtime": {"Catch": [catcher("B", "States.Runtime", ResultPath="$.e")]},
    }
    for what, state in inner.items():
        for how, more in handlers.items():
            answers = {"W": [failing("No", "sir")]} if "task" in what else {}
            found[f"{what} {how}"] = Trial(machine("A", A={**state, **more}, **AFTER), ROWS, answers)
    return found
