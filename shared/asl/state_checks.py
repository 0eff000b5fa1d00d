"""What the states of each type need, and the machines within them."""

from collections.abc import Callable
from typing import Any

from shared.asl.faults import Findings
from shared.asl.machine import State
from shared.asl.paths import check_path, check_reference
from shared.asl.templates import check_path_or_call, check_template
from shared.asl.times import moment_or_none

Inner = list[tuple[State, str]]
_LONGEST_S = 99_999_999


def check_data(state: State, path: str, findings: Findings) -> None:
    """The fields that shape input and output."""
    for name in ("InputPath", "OutputPath"):
        findings.spelling(state, name, path, check_path, null=True)
    findings.spelling(state, "ResultPath", path, check_reference, null=True)
    for name in ("Parameters", "ResultSelector", "ItemSelector"):
        for where, wrong in check_template(state.get(name), f"{path}.{name}"):
            findings.wrong(where, wrong)


def _nothing(state: State, path: str, findings: Findings) -> Inner:
    return []


def _task(state: State, path: str, findings: Findings) -> Inner:
    if not findings.has(state, "Resource", path, str, "a string") and "Resource" not in state:
        findings.wrong(path, "a Task state needs `Resource`, which says what to call")
    findings.one_of(state, ("TimeoutSeconds", "TimeoutSecondsPath"), path, required=False)
    findings.one_of(state, ("HeartbeatSeconds", "HeartbeatSecondsPath"), path, required=False)
    findings.number(state, "TimeoutSeconds", path, least=1)
    findings.number(state, "HeartbeatSeconds", path, least=1)
    return []


def _wait(state: State, path: str, findings: Findings) -> Inner:
    findings.one_of(state, ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"), path, required=True)
    findings.number(state, "Seconds", path, most=_LONGEST_S, whole=False)
    for name in ("SecondsPath", "TimestampPath"):
        findings.spelling(state, name, path, check_path)
    if "Timestamp" in state and moment_or_none(state["Timestamp"]) is None:
        findings.wrong(f"{path}.Timestamp", "`Timestamp` must be a time such as 2016-03-14T01:59:00Z")
    return []


def _fail(state: State, path: str, findings: Findings) -> Inner:
    for name in ("Error", "Cause"):
        findings.has(state, name, path, str, "a string")
        findings.one_of(state, (name, f"{name}Path"), path, required=False)
        findings.spelling(state, f"{name}Path", path, check_path_or_call)
    return []


def _parallel(state: State, path: str, findings: Findings) -> Inner:
    branches = state.get("Branches")
    if not isinstance(branches, list) or not branches:
        findings.wrong(f"{path}.Branches", "`Branches` must be a list of at least one machine")
        return []
    return _machines([(each, f"{path}.Branches[{at}]") for at, each in enumerate(branches)], findings)


def _map(state: State, path: str, findings: Findings) -> Inner:
    findings.one_of(state, ("ItemProcessor", "Iterator"), path, required=True)
    findings.one_of(state, ("ItemSelector", "Parameters"), path, required=False)
    findings.spelling(state, "ItemsPath", path, check_path)
    for name in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"):
        findings.one_of(state, (name, f"{name}Path"), path, required=False)
        findings.number(state, name, path, most=100 if name.endswith("Percentage") else 2**53)
        findings.spelling(state, f"{name}Path", path, check_path)
    if findings.has(state, "ItemBatcher", path, dict, "an object"):
        _batcher(state["ItemBatcher"], f"{path}.ItemBatcher", findings)
    name = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
    return _machines([(state[name], f"{path}.{name}")], findings) if name in state else []


def _batcher(batcher: State, path: str, findings: Findings) -> None:
    for name in ("MaxItemsPerBatch", "MaxInputBytesPerBatch"):
        findings.one_of(batcher, (name, f"{name}Path"), path, required=False)
        findings.number(batcher, name, path, least=1)
        findings.spelling(batcher, f"{name}Path", path, check_path)
    for where, wrong in check_template(batcher.get("BatchInput"), f"{path}.BatchInput"):
        findings.wrong(where, wrong)


def _machines(found: list[tuple[Any, str]], findings: Findings) -> Inner:
    for each, where in found:
        if not isinstance(each, dict):
            findings.wrong(where, "a machine is an object with StartAt and States")
    return [(each, where) for each, where in found if isinstance(each, dict)]


CHECKS: dict[str, Callable[[State, str, Findings], Inner]] = {
    "Pass": _nothing, "Choice": _nothing, "Succeed": _nothing, "Fail": _fail, "Wait": _wait, "Task": _task,
    "Parallel": _parallel, "Map": _map,
}  # fmt: skip
"""By type: notes what is wrong and hands on the machines within the state, with their paths."""
