"""Every comparison operator, and Choice states as a whole."""

from itertools import product
from typing import Any

from tests.asl.trial import Trial
from tests.unit.shared.asl.machines import State, choice, machine, map_, pass_, rule

EARLY, LATE, OFFSET = "2016-03-14T01:59:00Z", "2016-08-18T17:33:00.5Z", "2016-03-14T02:59:00+01:00"
STRINGS = ["", "a", "b", "1", "log-1.txt", "log*.txt", "a\\b", "aba", "a\nb", "[a-z]?.", "Ünï"]
TIMES = [
    EARLY,
    OFFSET,
    LATE,
    "2016-03-14",
    "2016-03-14T01:59:00",
    "2016-03-14t01:59:00z",
    "2016-13-14T01:59:00Z",
]
VALUES: list[Any] = [None, True, False, 0, 1, 1.0, 2.5, -3, *STRINGS, *TIMES, [], {}, ["a"], {"a": 1}]
"""What is compared with each other."""
OPERANDS: dict[str, list[Any]] = {
    "String": ["a", "", EARLY],
    "Numeric": [1, 0, 2.5],
    "Boolean": [True, False],
    "Timestamp": [EARLY, LATE],
}
ORDERS = ["Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"]
PATTERNS = [
    "log-*.txt",
    "*",
    "*.txt",
    "log\\*.*",
    "",
    "a\\\\*",
    "*a*b*",
    "a*a",
    "[a-z]?.",
    "**",
    "a\nb*",
    "Ü*",
]
PRESENT = {"x": 1, "null": None, "list": [1, {"y": 2}], "o": {"in": False}}
PRESENCE = [
    "$.x",
    "$.null",
    "$.no",
    "$.list[0]",
    "$.list[5]",
    "$.list[1].y",
    "$.list[1].z",
    "$.o.in",
    "$.o.in.d",
]


def at(operator: str, operand: Any, variable: str = "$.v") -> State:
    """A rule without its Next."""
    return {"Variable": variable, operator: operand}


def _rules() -> list[State]:
    found = [at("StringMatches", each) for each in PATTERNS]
    for name, wanted in product(
        ["Null", "String", "Numeric", "Boolean", "Timestamp", "Present"], [True, False]
    ):
        found.append(at(f"Is{name}", wanted))
    for kind, operands in OPERANDS.items():
        for order in ORDERS if kind != "Boolean" else ORDERS[:1]:
            found += [at(f"{kind}{order}", operand) for operand in operands]
            found.append(at(f"{kind}{order}Path", "$.w"))
    return found


RULES = _rules()
"""Of `$.v`, by themselves or with `$.w`."""


def asked(*rules: State, **more: Any) -> State:
    """A machine that tells which of its rules holds."""
    told = [{**each, "Next": f"R{at}"} for at, each in enumerate(rules)]
    ends = {f"R{at}": pass_(Result=at) for at in range(len(rules))}
    return machine("Ask", Ask={**choice("Else", *told), **more}, Else=pass_(Result="else"), **ends)


def trials() -> dict[str, Trial]:
    """All, by name."""
    found = {
        f"IsPresent {path} {wanted}": Trial(asked(at("IsPresent", wanted, path)), PRESENT)
        for path, wanted in product(PRESENCE, [True, False])
    }
    several = asked(*({"And": [at("IsString", True), each]} for each in RULES[:: len(RULES) // 8]))
    each = map_(several, ItemSelector={"v.$": "$$.Map.Item.Value", "w": EARLY})
    return {
        **found,
        **_missing(),
        **_logic(),
        **_states(),
        "of each": Trial(machine("Each", Each=each), VALUES),
    }


def _missing() -> dict[str, Trial]:
    operators: dict[str, Any] = {
        "StringEquals": "a",
        "NumericLessThan": 1,
        "BooleanEquals": True,
        "IsNull": True,
        "IsString": False,
        "TimestampEquals": EARLY,
        "StringMatches": "*",
    }
    found = {
        f"{name} of nothing": Trial(asked(at(name, value, "$.no")), PRESENT)
        for name, value in operators.items()
    }
    return found | {
        "compared with nothing": Trial(asked(at("NumericEqualsPath", "$.no", "$.x")), PRESENT),
        "with the context": Trial(asked(at("NumericEqualsPath", "$$.Execution.Input.x", "$.x")), PRESENT),
        "the context compared": Trial(asked(at("StringEquals", "Ask", "$$.State.Name")), PRESENT),
    }


def _logic() -> dict[str, Trial]:
    yes, no, gone = at("IsPresent", True, "$.x"), at("IsNull", True, "$.x"), at("IsNull", True, "$.no")
    there, one = at("IsPresent", True, "$.no"), at("NumericEquals", 1, "$.no")
    rules: dict[str, State] = {
        "And": {"And": [yes, yes]},
        "And not": {"And": [yes, no]},
        "Or": {"Or": [no, yes]},
        "Or not": {"Or": [no, no]},
        "Not": {"Not": no},
        "Not not": {"Not": {"Not": yes}},
        "And stops": {"And": [no, gone]},
        "Or stops": {"Or": [yes, gone]},
        "And goes on": {"And": [yes, gone]},
        "deep": {"And": [{"Or": [no, {"Not": no}]}, {"Not": {"And": [yes, no]}}]},
        "one": {"And": [yes]},
        "guarded": {"And": [there, one]},
        "guarded by not": {"Or": [{"Not": there}, one]},
    }
    return {f"logic {name}": Trial(asked(each), PRESENT) for name, each in rules.items()}


def _states() -> dict[str, Trial]:
    """Choice states as a whole."""
    first = asked(at("NumericEquals", 1, "$.x"), at("NumericLessThan", 2, "$.x"))
    lost = machine("A", A=choice(None, rule("$.x", "NumericEquals", 2, "B")), B=pass_())
    fails = choice("B", rule("$.x", "NumericEquals", 1, "C"))
    inner = {
        **choice("C", rule("$[0]", "NumericEquals", 1, "B")),
        "InputPath": "$.list",
        "OutputPath": "$[1]",
    }
    outer = {**choice("B", rule("$.x", "IsNull", True, "C")), "OutputPath": "$.o"}
    same = choice("B", rule("$.x", "IsNull", True, "B"), rule("$.x", "IsNumeric", True, "B"))
    ends: dict[str, State] = {"B": pass_(), "C": {"Type": "Fail", "Error": "E"}}
    return {
        "the first that holds": Trial(first, PRESENT),
        "InputPath": Trial(asked(at("BooleanEquals", False, "$.in"), InputPath="$.o"), PRESENT),
        "OutputPath": Trial(machine("A", A=outer, **ends), PRESENT),
        "both paths": Trial(machine("A", A=inner, **ends), PRESENT),
        "nothing chosen": Trial(lost, PRESENT),
        "chosen": Trial(lost, {"x": 2}),
        "fails by choice": Trial(machine("A", A=fails, **ends), PRESENT),
        "many to one": Trial(machine("A", A=same, B=pass_()), PRESENT),
    }
