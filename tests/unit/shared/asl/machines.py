"""State machines, written briefly."""

from typing import Any

State = dict[str, Any]
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:work"


def machine(start: str, **states: State) -> State:
    """A machine that starts at a state."""
    return {"StartAt": start, "States": states}


def pass_(**fields: Any) -> State:
    """A Pass state; the end, unless something comes next."""
    return {"Type": "Pass", **fields, **({} if "Next" in fields else {"End": True})}


def task(**fields: Any) -> State:
    """A Task state; the end, unless something comes next."""
    return {"Type": "Task", "Resource": LAMBDA, **fields, **({} if "Next" in fields else {"End": True})}


def choice(default: str | None, *rules: State) -> State:
    """A Choice state."""
    return {"Type": "Choice", "Choices": list(rules), **({"Default": default} if default else {})}


def rule(variable: str, operator: str, operand: Any, then: str) -> State:
    """A Choice Rule."""
    return {"Variable": variable, operator: operand, "Next": then}


def parallel(*branches: State, **fields: Any) -> State:
    """A Parallel state; the end, unless something comes next."""
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Parallel", "Branches": list(branches), **fields, **end}


def map_(processor: State, **fields: Any) -> State:
    """A Map state; the end, unless something comes next."""
    return {
        "Type": "Map",
        "ItemProcessor": processor,
        **fields,
        **({} if "Next" in fields else {"End": True}),
    }


POLL = machine(
    "Wait",
    Wait={"Type": "Wait", "Seconds": 30, "Next": "Get status"},
    **{"Get status": task(ResultPath="$.status", Next="Done?")},
    **{"Done?": choice("Wait", rule("$.status", "StringEquals", "DONE", "Done"))},
    Done={"Type": "Succeed"},
)
COUNT = machine(
    "Enough?",
    **{"Enough?": choice("Add", rule("$.n", "NumericGreaterThanEquals", 3, "Done"))},
    Add=pass_(Parameters={"n.$": "States.MathAdd($.n, 1)"}, Next="Enough?"),
    Done=pass_(),
)
CATCH_ALL = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Rescue"}]
