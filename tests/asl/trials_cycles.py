"""States that come again, as public collections have them: polling, paging, asking once more."""

from typing import Any

from tests.asl.trial import Trial, failing
from tests.asl.trials_tasks import LAMBDA_ERRORS, catcher, retrier
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

X = {"x": 1}
WAIT: State = {"Type": "Wait", "SecondsPath": "$.pause", "Next": "Get"}
FAILED: State = {"Type": "Fail", "Error": "JobFailed", "Cause": "The job has failed"}
SUBMITTED = machine(
    "Submit",
    Submit=task(ResultPath="$.job", Next="Wait"),
    Wait=WAIT,
    Get=task(
        ResultPath="$.state", Next="Done?", Retry=[retrier(*LAMBDA_ERRORS, MaxAttempts=6, IntervalSeconds=2)]
    ),
    **{
        "Done?": choice(
            "Wait",
            rule("$.state", "StringEquals", "SUCCEEDED", "End"),
            rule("$.state", "StringEquals", "FAILED", "Failed"),
            rule("$.state", "StringEquals", "AGAIN", "Submit"),
        )
    },
    End=pass_(Parameters={"job.$": "$.job", "state.$": "$.state"}),
    Failed=FAILED,
)
PAGES = machine(
    "First",
    First=pass_(Result={"token": None, "all": []}, Next="List"),
    List=task(ResultPath="$.page", Next="Add"),
    Add=pass_(
        Parameters={"all.$": "States.Array($.all, $.page.items)", "token.$": "$.page.next"}, Next="More?"
    ),
    **{"More?": choice("List", rule("$.token", "IsNull", True, "Flat"))},
    Flat=pass_(Parameters={"found.$": "$..items", "all.$": "$.all"}),
)
SAGA = machine(
    "Book hotel",
    **{
        "Book hotel": task(
            ResultPath="$.hotel", Next="Book flight", Catch=[catcher("Cancel hotel", ResultPath="$.error")]
        ),
        "Book flight": task(
            ResultPath="$.flight", Next="Pay", Catch=[catcher("Cancel flight", ResultPath="$.error")]
        ),
        "Pay": task(
            ResultPath="$.paid",
            Catch=[catcher("Cancel flight", ResultPath="$.error")],
            Next="Booked",
            Retry=[retrier("Busy", MaxAttempts=2)],
        ),
        "Booked": {"Type": "Succeed"},
        "Cancel flight": task(
            ResultPath="$.noFlight", Next="Cancel hotel", Retry=[retrier("States.ALL", MaxAttempts=3)]
        ),
        "Cancel hotel": task(
            ResultPath="$.noHotel", Next="Not booked", Retry=[retrier("States.ALL", MaxAttempts=3)]
        ),
        "Not booked": {"Type": "Fail", "ErrorPath": "$.error.Error", "Cause": "Trip cancelled"},
    },
)
ITERATOR = machine(
    "Configure",
    Configure=pass_(Result={"count": 4, "index": 0, "step": 1}, ResultPath="$.it", Next="Step"),
    Step=pass_(
        Parameters={
            "index.$": "States.MathAdd($.it.index, $.it.step)",
            "count.$": "$.it.count",
            "step.$": "$.it.step",
        },
        ResultPath="$.it",
        Next="Is it?",
    ),
    **{
        "Is it?": choice(
            "Done", {"Variable": "$.it.index", "NumericLessThanPath": "$.it.count", "Next": "Work"}
        )
    },
    Work=pass_(Comment="here", Result={"success": True}, ResultPath="$.result", Next="Step"),
    Done=pass_(),
)


def trials() -> dict[str, Trial]:
    """All, by name."""
    return _polling() | _sagas() | _shapes() | _odd()


def _polling() -> dict[str, Trial]:
    states: dict[str, list[Any]] = {
        "at once": ["SUCCEEDED"],
        "later": ["RUNNING", "RUNNING", "SUCCEEDED"],
        "never": ["RUNNING", "FAILED"],
        "again": ["RUNNING", "AGAIN", "RUNNING", "SUCCEEDED"],
        "twice again": ["AGAIN", "AGAIN", "SUCCEEDED"],
        "with throttling": [
            "RUNNING",
            failing("Lambda.TooManyRequestsException"),
            "RUNNING",
            failing("Lambda.ServiceException"),
            "SUCCEEDED",
        ],
        "with throttling and again": [failing("Lambda.ServiceException"), "AGAIN", "RUNNING", "SUCCEEDED"],
        "broken": ["RUNNING", failing("Other")],
    }
    jobs = ["job-1", "job-2", "job-3"]
    found = {
        f"poll {name}": Trial(SUBMITTED, {"pause": 60}, {"Submit": jobs, "Get": each})
        for name, each in states.items()
    }
    page = [{"items": [1], "next": "t"}, {"items": [2, 3], "next": "u"}, {"items": [], "next": None}]
    for count in (1, 2, 3):
        found[f"{count} pages"] = Trial(PAGES, X, {"List": page[3 - count :]})
    several = machine("P", P=parallel(SUBMITTED, PAGES))
    found["polled beside pages"] = Trial(
        several, {"pause": 1}, {"Submit": jobs, "Get": states["again"], "List": page}
    )
    found["a poll in a map"] = Trial(
        machine("M", M=map_(SUBMITTED)), [{"pause": 5}], {"Submit": jobs, "Get": states["again"]}
    )
    found["plain"] = Trial(POLL, X, {"Get status": ["A", "B", "DONE"]})
    return found


def _sagas() -> dict[str, Trial]:
    bad, busy = failing("NoMoney"), failing("Busy")
    fine = {
        "Book hotel": ["h"],
        "Book flight": ["f"],
        "Pay": ["p"],
        "Cancel flight": ["-f"],
        "Cancel hotel": ["-h"],
    }
    changed: dict[str, dict[str, list[Any]]] = {
        "fine": {},
        "no hotel": {"Book hotel": [bad]},
        "no flight": {"Book flight": [bad]},
        "no money": {"Pay": [bad]},
        "busy": {"Pay": [busy, "p"]},
        "too busy": {"Pay": [busy, busy, busy]},
        "busy and broke": {"Pay": [busy, bad]},
        "cancelled at last": {"Pay": [bad], "Cancel flight": [busy, bad, "-f"]},
        "not even cancelled": {"Pay": [bad], "Cancel hotel": [bad]},
    }
    return {f"saga {name}": Trial(SAGA, X, fine | each) for name, each in changed.items()}


TWO_WAYS_IN = machine(
    "At",
    At=choice("B", rule("$.at", "StringEquals", "a", "A")),
    A=task(ResultPath="$.a", Next="B"),
    B=task(ResultPath="$.b", Next="Enough?"),
    **{"Enough?": choice("A", rule("$.b", "NumericGreaterThan", 2, "Z"))},
    Z=pass_(Parameters={"a.$": "$.a", "b.$": "$.b"}),
)


CYCLES_IN_CYCLES = machine(
    "Outer",
    Outer=task(ResultPath="$.o", Next="Inner"),
    Inner=task(ResultPath="$.i", Next="Enough?"),
    **{
        "Enough?": choice(
            "Outer",
            rule("$.i", "StringEquals", "more", "Inner"),
            rule("$.o", "StringEquals", "last", "Z"),
        )
    },
    Z=pass_(),
)


MAP_AGAIN = machine(
    "Go",
    Go=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)"}, Next="Each"),
    Each=map_(
        machine("W", W=task()),
        ItemsPath="$.list",
        InputPath=None,
        Parameters={"x": 1},
        ResultPath="$.r",
        Next="More",
    ),
    More=choice("Go", rule("$.n", "NumericGreaterThan", 2, "Z")),
    Z=pass_(),
)


BRANCHES_AGAIN = machine(
    "Both",
    Both=parallel(
        machine("W", W=task(Retry=[retrier("E", MaxAttempts=1), retrier("States.ALL")])),
        COUNT,
        ResultSelector={"n.$": "States.MathAdd($[0], $[1].n)"},
        Next="More",
    ),
    More=choice("Both", rule("$.n", "NumericGreaterThan", 20, "Z")),
    Z=pass_(),
)


def _shapes() -> dict[str, Trial]:
    """Cycles with several ways in, within each other, and through containers."""
    own = machine("A", A=choice("B", {**rule("$.n", "NumericEquals", 99, "A")}), B=pass_(Result="b"))
    back = machine(
        "A",
        A=task(ResultPath="$.a", Catch=[catcher("Mend", ResultPath="$.e")], Next="Z"),
        Mend=task(ResultPath="$.m", Next="A"),
        Z=pass_(OutputPath="$.a"),
    )
    MAP_AGAIN["States"]["Each"] = map_(
        machine("W", W=task()), ItemsPath="$$.Execution.Input.list", ResultPath="$.r", Next="More"
    )
    more = ["more", "more", "on", "more", "on"]
    return {
        "two ways in, first": Trial(TWO_WAYS_IN, {"at": "a"}, {"A": ["a1", "a2", "a3"], "B": [1, 2, 3]}),
        "two ways in, second": Trial(
            TWO_WAYS_IN, {"at": "b", "a": 0}, {"A": ["a1", "a2", "a3"], "B": [1, 2, 3]}
        ),
        "cycles in cycles": Trial(
            CYCLES_IN_CYCLES, X, {"Outer": ["first", "second", "last"], "Inner": [*more, "on"]}
        ),
        "to itself": Trial(own, {"n": 1}),
        "back after a catch": Trial(
            back, X, {"A": [failing("E"), failing("F"), "fine"], "Mend": ["m1", "m2"]}
        ),
        "a map that comes again": Trial(
            MAP_AGAIN, {"n": 0, "list": [1, 2]}, {"W": ["a", "b", "c", "d", "e", "f"]}
        ),
        "branches that come again": Trial(
            BRANCHES_AGAIN, {"n": 1}, {"W": [4, failing("E"), 5, failing("F"), 9, 30]}
        ),
        "iterator": Trial(ITERATOR, X),
        "counted": Trial(COUNT, {"n": -2}),
        "counted in branches": Trial(machine("P", P=parallel(COUNT, COUNT)), {"n": 1}),
    }


LEFT = machine(
    "A",
    A=choice("B", rule("$.n", "NumericLessThan", 2, "C")),
    B=pass_(Result="out"),
    C=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)"}, Next="D"),
    D=choice("A", rule("$.n", "NumericEquals", 7, "E")),
    E=FAILED,
)


TANGLED = machine(
    "Top",
    Top=pass_(Next="Task"),
    Task=task(ResultPath="$.t", Next="Mid"),
    Mid=choice("Low", rule("$.t", "StringEquals", "top", "Top")),
    Low=choice(
        "End", rule("$.t", "StringEquals", "task", "Task"), rule("$.t", "StringEquals", "mid", "Mid2")
    ),
    Mid2=pass_(Result="top", ResultPath="$.t", Next="Mid"),
    End=pass_(),
)


LOST = machine(
    "A",
    A=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)"}, Next="B"),
    B=choice(None, rule("$.n", "NumericLessThan", 3, "A")),
)
NO_CHOICE = machine(
    "P",
    P=parallel(LOST, Catch=[catcher("Q", "States.NoChoiceMatched", ResultPath="$.e")]),
    Q=pass_(OutputPath="$.n"),
)


def _odd() -> dict[str, Trial]:
    """Cycles that are left in odd ways."""
    stop = machine(
        "A",
        A=task(ResultPath="$.a", Next="B"),
        B=choice("A", rule("$.a", "BooleanEquals", True, "C")),
        C={"Type": "Succeed", "OutputPath": "$.a"},
    )
    return {
        "left at once": Trial(LEFT, {"n": 5}),
        "left later": Trial(LEFT, {"n": 0}),
        "left by no choice": Trial(LOST, {"n": 0}),
        "left by no choice, caught": Trial(NO_CHOICE, {"n": 0}),
        "tangled": Trial(TANGLED, X, {"Task": ["top", "task", "mid", "end"]}),
        "succeeds in a cycle": Trial(stop, X, {"A": [False, False, True]}),
    }
