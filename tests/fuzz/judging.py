"""What is no finding."""

from collections.abc import Mapping
from typing import Any

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import RejectedPositiveData

BY_MEANING = frozenset(
    {"cron", "timezone", "path", "mapping", "dedupe", "from", "until", "to", "after", "header", "url"}
)
"""Fields of which JSON Schema can only say that they are text: cron expressions, names of zones, paths into
events, years that can be, names of headers in any case, IPv6 addresses."""


def filter_failure(_context: Any, failure: Failure, _case: Any, response: schemathesis.Response) -> bool:
    """Whether it is one. What fits the schema may be refused all the same for what it means: with a code of
    its own, or for a field of which the schema cannot say all. And anybody may send further headers."""
    if isinstance(failure, AcceptedNegativeData):
        return "in header - object with unexpected properties" not in str(failure)
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 422:
        return True
    told = response.json()
    if told["code"] != "invalid_request":
        return False
    faults = told.get("errors", [])
    return not faults or not all(_by_meaning(each) for each in faults)


def _by_meaning(fault: Mapping[str, str]) -> bool:
    return fault["code"] == "value_error" and not BY_MEANING.isdisjoint(fault["path"].split("."))
