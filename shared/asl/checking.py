"""The whole check of a definition: every fault at once, with its path."""

from typing import Any

from shared.asl.fail_handlers import check_handlers
from shared.asl.faults import JSONATA, UNKNOWN, UNREACHABLE, Fault, Findings
from shared.asl.fields import COMMON, FIELDS, MACHINE, OF_JSONATA, TOP
from shared.asl.machine import joined, machine_of, ways_from
from shared.asl.rules import check_choices
from shared.asl.state_checks import CHECKS, check_data

MOST_NESTED = 20
MOST_FAULTS = 500
_UNSUPPORTED = "is not supported: only states that use JSONPath, without variables, can be imported"


def check_definition(document: Any) -> tuple[list[Fault], list[Fault]]:
    """Faults, and warnings, of a definition; without faults it can be translated."""
    findings = Findings()
    if not isinstance(document, dict):
        findings.wrong("", "a definition is an object with StartAt and States")
        return findings.faults, []
    if _is_jsonata(document):
        findings.wrong("QueryLanguage", f"JSONata {_UNSUPPORTED}", JSONATA)
    findings.number(document, "TimeoutSeconds", "", least=1)
    for name in document:
        if name not in MACHINE | TOP:
            findings.odd(name, UNKNOWN, f"`{name}` is not known here and has no effect")
    _check_machine(document, "", findings, 1)
    return findings.faults[:MOST_FAULTS], findings.warnings[:MOST_FAULTS]


def _check_machine(it: dict[str, Any], path: str, findings: Findings, depth: int) -> None:
    inside = joined(path, "States")
    start_at = joined(path, "StartAt")
    states = it.get("States")
    if depth > MOST_NESTED:
        findings.wrong(path, f"machines may be nested {MOST_NESTED} levels deep, not more")
        return
    if not isinstance(states, dict) or not states:
        findings.wrong(inside, "`States` must be an object with at least one state")
        return
    if not isinstance(it.get("StartAt"), str):
        findings.wrong(start_at, "`StartAt` must be the name of a state")
    else:
        findings.target(it["StartAt"], states, start_at)
    for name, state in states.items():
        _check_state(name, state, states, joined(inside, name), findings, depth)
    if not findings.faults:
        _warn_of_unreachable(it, path, findings)


def _check_state(
    name: str, state: Any, states: dict[str, Any], path: str, findings: Findings, depth: int
) -> None:
    if not isinstance(state, dict) or state.get("Type") not in tuple(FIELDS):  # which may be a list
        kinds = ", ".join(FIELDS)
        findings.wrong(f"{path}.Type", f"the state `{name[:80]}` needs a `Type`, one of {kinds}")
        return
    kind = state["Type"]
    found = [f"`{each}`" for each in OF_JSONATA if each in state]
    if found or _is_jsonata(state):
        findings.wrong(path, f"{', '.join(found) or 'JSONata'} {_UNSUPPORTED}", JSONATA)
        return
    for each in state:
        if each not in COMMON | FIELDS[kind]:
            findings.odd(
                joined(path, each), UNKNOWN, f"`{each}` is not known in a {kind} state and has no effect"
            )
    known = {each: value for each, value in state.items() if each in COMMON | FIELDS[kind]}
    _check_next(known, states, path, findings)
    check_data(known, path, findings)
    if kind == "Choice":
        check_choices(known, states, path, findings)
    check_handlers(known, states, path, findings)
    for inner, inner_path in CHECKS[kind](known, path, findings):
        _check_machine(inner, inner_path, findings, depth + 1)


def _check_next(state: dict[str, Any], states: dict[str, Any], path: str, findings: Findings) -> None:
    kind = state["Type"]
    if "End" in state and not isinstance(state["End"], bool):
        findings.wrong(f"{path}.End", "`End` must be true")
    if kind in ("Succeed", "Fail", "Choice"):
        return
    if state.get("End") is True:
        if "Next" in state:
            findings.wrong(path, "`Next` and `End` exclude each other")
    elif "Next" not in state:
        findings.wrong(path, f"a {kind} state needs `Next`, or `End`: true")
    else:
        findings.target(state["Next"], states, f"{path}.Next")


def _warn_of_unreachable(it: dict[str, Any], path: str, findings: Findings) -> None:
    machine = machine_of(it, path)
    reached = ways_from(machine)
    for name in machine.states:
        if machine.where(name) not in reached:
            told = f"no state leads to `{name[:80]}`, so it is left out"
            findings.odd(machine.where(name), UNREACHABLE, told)


def _is_jsonata(it: dict[str, Any]) -> bool:
    return it.get("QueryLanguage", "JSONPath") != "JSONPath"
