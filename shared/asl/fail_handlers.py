"""Retriers and Catchers as they are written."""

from typing import Any

from shared.asl.errors import ALL
from shared.asl.faults import JSONATA, Findings
from shared.asl.paths import check_reference


def check_handlers(state: dict[str, Any], states: dict[str, Any], path: str, findings: Findings) -> None:
    """The `Retry` and `Catch` of a state."""
    for name in ("Retry", "Catch"):
        if not findings.has(state, name, path, list, "a list"):
            continue
        handlers = state[name]
        for at, handler in enumerate(handlers):
            where = f"{path}.{name}[{at}]"
            if not isinstance(handler, dict):
                findings.wrong(where, f"an entry of `{name}` is an object with `ErrorEquals`")
                continue
            _check_names(handler, where, findings, last=at == len(handlers) - 1)
            if name == "Catch":
                _check_catcher(handler, states, where, findings)
            else:
                _check_retrier(handler, where, findings)


def _check_names(handler: dict[str, Any], where: str, findings: Findings, *, last: bool) -> None:
    names = handler.get("ErrorEquals")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        findings.wrong(f"{where}.ErrorEquals", "`ErrorEquals` must be a list of at least one Error Name")
    elif ALL in names and (len(names) > 1 or not last):
        findings.wrong(f"{where}.ErrorEquals", f"`{ALL}` must stand alone, and in the last entry")


def _check_retrier(handler: dict[str, Any], where: str, findings: Findings) -> None:
    findings.number(handler, "IntervalSeconds", where, least=0)
    findings.number(handler, "MaxAttempts", where)
    findings.number(handler, "MaxDelaySeconds", where, least=1)
    findings.number(handler, "BackoffRate", where, least=1, whole=False)
    findings.has(handler, "JitterStrategy", where, str, "a string")


def _check_catcher(handler: dict[str, Any], states: dict[str, Any], where: str, findings: Findings) -> None:
    findings.target(handler.get("Next"), states, f"{where}.Next")
    findings.spelling(handler, "ResultPath", where, check_reference, null=True)
    if "Assign" in handler:
        findings.wrong(where, "`Assign` is not supported", JSONATA)
