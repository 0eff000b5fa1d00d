"""Choice Rules as they are written."""

from typing import Any

from shared.asl.choice import BOOLEAN, OPERATORS
from shared.asl.faults import JSONATA, Findings
from shared.asl.machine import joined
from shared.asl.numbers import is_number
from shared.asl.paths import check_path
from shared.asl.times import moment_or_none

_MOST_NESTED = 20
_KINDS = {
    "String": (lambda value: isinstance(value, str), "a string"),
    "Numeric": (is_number, "a number"),
    "Boolean": (lambda value: isinstance(value, bool), "true or false"),
    "Timestamp": (
        lambda value: moment_or_none(value) is not None,
        "a timestamp such as 2016-03-14T01:59:00Z",
    ),
    "Is": (lambda value: isinstance(value, bool), "true or false"),
}


def check_choices(state: dict[str, Any], states: dict[str, Any], path: str, findings: Findings) -> None:
    """The rules of a Choice state, and where they lead."""
    choices = state.get("Choices")
    if not isinstance(choices, list) or not choices:
        findings.wrong(f"{path}.Choices", "`Choices` must be a list of at least one Choice Rule")
    else:
        for at, rule in enumerate(choices):
            where = f"{path}.Choices[{at}]"
            if not isinstance(rule, dict):
                findings.wrong(where, "a Choice Rule is an object")
                continue
            findings.target(rule.get("Next"), states, f"{where}.Next")
            _check_rule(rule, where, findings, 1)
    if "Default" in state:
        findings.target(state["Default"], states, f"{path}.Default")


def _check_rule(rule: Any, where: str, findings: Findings, depth: int) -> None:
    if not isinstance(rule, dict) or depth > _MOST_NESTED:
        findings.wrong(where, f"a Choice Rule is an object, nested {_MOST_NESTED} levels deep at most")
        return
    if depth > 1 and "Next" in rule:
        findings.wrong(f"{where}.Next", "only the outermost rules have `Next`")
    if "Condition" in rule:
        findings.wrong(where, "`Condition` is of JSONata, which is not supported", JSONATA)
        return
    boolean = [name for name in BOOLEAN if name in rule]
    found = [name for name in rule if name in OPERATORS]
    if len(boolean) + len(found) != 1:
        told = ", ".join(f"`{name}`" for name in (*boolean, *found)) or "none"
        findings.wrong(
            where, f"a Choice Rule needs exactly one operator, such as `StringEquals`; here is {told}"
        )
    elif boolean:
        _check_boolean(rule[boolean[0]], boolean[0], where, findings, depth)
    else:
        findings.one_of(rule, ("Variable",), where, required=True)
        findings.spelling(rule, "Variable", where, check_path)
        _check_operand(rule, found[0], where, findings)


def _check_boolean(inner: Any, name: str, where: str, findings: Findings, depth: int) -> None:
    if name == "Not":
        _check_rule(inner, f"{where}.Not", findings, depth + 1)
    elif not isinstance(inner, list) or not inner:
        findings.wrong(f"{where}.{name}", f"`{name}` must be a list of at least one Choice Rule")
    else:
        for at, each in enumerate(inner):
            _check_rule(each, f"{where}.{name}[{at}]", findings, depth + 1)


def _check_operand(rule: dict[str, Any], name: str, where: str, findings: Findings) -> None:
    if name.endswith("Path"):
        findings.spelling(rule, name, where, check_path)
        return
    fits, told = next(each for kind, each in _KINDS.items() if name.startswith(kind))
    if not fits(rule[name]):
        findings.wrong(joined(where, name), f"`{name}` compares with {told}")
