"""Read JSON."""

import json
import re
from typing import Any

from pydantic import Field

from services.runner.nodes._values import LARGEST_INTEGER, SMALLEST_INTEGER
from shared.contracts.value import from_json
from shared.nodes import Context, NodeConfig, NodeFailed, node

_LONG_NUMBER = re.compile(r"[0-9]{19}")


class Config(NodeConfig):
    """What to read."""

    text: str = Field(description="The JSON text.")


@node("json.parse", title="Parse JSON", category="text", icon="braces")
async def json_parse(config: Config, context: Context) -> Any:
    """Read JSON text as a value."""
    text = config.text.removeprefix("\ufeff")
    try:
        value = from_json(text)
    except ValueError as error:
        raise NodeFailed("invalid_json", f"This is not JSON: {error}. It begins {text[:60]!r}.") from error
    if _LONG_NUMBER.search(text):
        _refuse_long_integers(text)
    return value


def _refuse_long_integers(text: str) -> None:
    """The fast parser turns integers over 64 bits into rounded floats; refuse them instead."""
    try:
        json.loads(text, parse_int=_fitting)
    except RecursionError as error:
        raise NodeFailed("too_deep", "This JSON is nested too deeply to be checked.") from error


def _fitting(digits: str) -> int:
    if len(digits) > 20 or not SMALLEST_INTEGER <= int(digits) <= LARGEST_INTEGER:
        raise NodeFailed(
            "too_large",
            f"The integer {digits[:40]} does not fit 64 bits; in quotes it would keep its digits.",
        )
    return int(digits)
