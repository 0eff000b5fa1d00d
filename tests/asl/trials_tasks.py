"""Retry and Catch, and what public collections do with Tasks."""

from typing import Any

from tests.asl.trial import Trial, failing
from tests.unit.shared.asl.machines import State, choice, machine, pass_, rule, task

X = {"x": 1, "keep": [1]}
BAD = failing("Bad", "it went wrong")
LAMBDA_ERRORS = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]


def retrier(*names: str, **more: Any) -> State:
    """A Retrier."""
    return {"ErrorEquals": list(names), **more}


def catcher(then: str, *names: str, **more: Any) -> State:
    """A Catcher, of all failures unless some are named."""
    return {"ErrorEquals": list(names) or ["States.ALL"], "Next": then, **more}


def guarded(retriers: list[State], catchers: list[State], **more: Any) -> State:
    """A Task, and two states that take its failures."""
    handlers = {name: found for name, found in (("Retry", retriers), ("Catch", catchers)) if found}
    return machine(
        "A", A=task(**handlers, **more), B=pass_(ResultPath="$.b"), C=pass_(Result="c", ResultPath="$.c")
    )


def trials() -> dict[str, Trial]:
    """All, by name."""
    return _retries() | _orders() | _catches()


def _retries() -> dict[str, Trial]:
    """How often, and of which failures."""
    codes = [
        "Bad",
        "States.Timeout",
        "States.TaskFailed",
        "States.HeartbeatTimeout",
        "Lambda.ServiceException",
        "States.Permissions",
    ]
    found: dict[str, Trial] = {}
    for names in (
        ["States.ALL"],
        ["States.TaskFailed"],
        ["States.Timeout"],
        ["Bad"],
        LAMBDA_ERRORS,
        ["States.Timeout", "Bad"],
    ):
        for code in codes:
            one = guarded([retrier(*names)], [catcher("B", ResultPath="$.e")])
            found[f"retry {names} of {code}"] = Trial(one, X, {"A": [failing(code), "fine"]})
            other = [catcher("C", ResultPath="$.e")] if "States.ALL" not in names else []
            two = guarded([], [catcher("B", *names), *other])
            found[f"catch {names} of {code}"] = Trial(two, X, {"A": [failing(code)]})
    for most, failures in ((0, 1), (1, 1), (1, 2), (2, 2), (3, 3), (3, 4), (5, 5)):
        one = guarded([retrier("States.ALL", MaxAttempts=most, IntervalSeconds=60, BackoffRate=3)], [])
        found[f"{failures} failures, {most} retries"] = Trial(one, X, {"A": [BAD] * failures + ["fine"]})
    found["default attempts"] = Trial(guarded([retrier("Bad")], []), X, {"A": [BAD] * 3 + ["fine"]})
    found["more than default attempts"] = Trial(guarded([retrier("Bad")], []), X, {"A": [BAD] * 4 + ["fine"]})
    full = retrier("Bad", MaxDelaySeconds=5, JitterStrategy="FULL", IntervalSeconds=2, BackoffRate=1.5)
    found["jitter"] = Trial(guarded([full], []), X, {"A": [BAD, "fine"]})
    return found


def _orders() -> dict[str, Trial]:
    """Several Retriers, and the Catchers after them."""
    a, b, c = failing("ErrA"), failing("ErrB"), failing("ErrC")
    both = [retrier("ErrA", MaxAttempts=1), retrier("ErrB", MaxAttempts=2)]
    rest = [*both, retrier("States.ALL", MaxAttempts=1)]
    never = [retrier("ErrA", MaxAttempts=0), retrier("States.ALL", MaxAttempts=3)]
    answers: dict[str, list[Any]] = {
        "a": [a, 1],
        "aa": [a, a, 1],
        "ab": [a, b, 1],
        "aba": [a, b, a, 1],
        "bb": [b, b, 1],
        "bbb": [b, b, b, 1],
        "abb": [a, b, b, 1],
        "c": [c, 1],
        "cc": [c, c, 1],
        "abc": [a, b, c, 1],
        "acc": [a, c, c, 1],
        "none": [1],
    }
    found: dict[str, Trial] = {}
    for name, given in answers.items():
        for which, retriers in (("both", both), ("rest", rest), ("never", never)):
            caught = [catcher("B", "ErrA", "ErrC", ResultPath="$.e"), catcher("C", "ErrB")]
            found[f"{which} after {name}"] = Trial(guarded(retriers, caught), X, {"A": given})
    return found


FAILING_FIELDS: list[dict[str, Any]] = [
    {"Parameters": {"a.$": "$.no"}},
    {"InputPath": "$.no"},
    {"OutputPath": "$.no"},
    {"ResultPath": "$.x.y"},
    {"ResultSelector": {"a.$": "$.no"}},
    {"Parameters": {"a.$": "States.ArrayLength($.x)"}},
]


TWICE = machine(
    "A",
    A=task(Catch=[catcher("B", ResultPath="$.first")]),
    B=task(Catch=[catcher("C", ResultPath="$.second")]),
    C=pass_(Parameters={"cause.$": "$.first.Cause", "error.$": "$.second.Error"}),
)


CHOSEN = machine(
    "A",
    A=task(Catch=[catcher("B")]),
    B=choice("D", rule("$.Error", "StringEquals", "Bad", "C")),
    C=pass_(Result="bad"),
    D={"Type": "Fail", "ErrorPath": "$.Error", "CausePath": "$.Cause"},
)


def _catches() -> dict[str, Trial]:
    """Where the error output goes, and what of a state is caught."""
    found: dict[str, Trial] = {}
    for path in ("$", "$.e", "$.x", "$.deep.er", "$.keep[0]", None, "$.x.y"):
        one = guarded([], [catcher("B", ResultPath=path)])
        found[f"caught into {path}"] = Trial(one, X, {"A": [BAD]})
    names = [
        "States.ALL",
        "States.Runtime",
        "States.ParameterPathFailure",
        "States.ResultPathMatchFailure",
        "States.IntrinsicFailure",
        "States.TaskFailed",
    ]
    for field in FAILING_FIELDS:
        for name in names:
            one = guarded([], [catcher("B", name, ResultPath=None)], **field)
            found[f"{field} caught by {name}"] = Trial(one, X, {"A": [{"n": 1}]})
    found["caught twice"] = Trial(TWICE, X, {"A": [BAD], "B": [failing("Worse")]})
    parsed = machine(
        "A", A=task(Catch=[catcher("B")]), B=pass_(Parameters={"c.$": "States.StringToJson($.Cause)"})
    )
    found["a Cause that is JSON"] = Trial(parsed, X, {"A": [failing("Error", '{"errorMessage": "no"}')]})
    found["chosen by error"] = Trial(CHOSEN, X, {"A": [BAD]})
    found["failed by error"] = Trial(CHOSEN, X, {"A": [failing("Other")]})
    return found
