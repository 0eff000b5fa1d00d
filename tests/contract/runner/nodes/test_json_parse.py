from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null, true, "é"]}', {"a": [1, 2.5, None, True, "é"]}),
        ("  7 ", 7),
        ('"text"', "text"),
        ("null", None),
        ("\ufeff[1]", [1]),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775808", -(2**63)),
        ("[0.12345678901234567890123]", [0.12345678901234568]),
        ("1e300", 1e300),
        ('{"id": "123456789012345678901234567890"}', {"id": "123456789012345678901234567890"}),
    ],
)
async def test_json_is_read(nodes: Nodes, text: str, value: Any) -> None:
    assert await nodes.output("json.parse", {"text": "{{ trigger }}"}, trigger=text) == value


@pytest.mark.parametrize(
    "text", ["", "{", "{'a': 1}", "[1,]", "nan", "NaN", "Infinity", "1 2", "<html>", "[" * 5000]
)
async def test_what_is_not_json_is_told_where(nodes: Nodes, text: str) -> None:
    failure = await nodes.failure("json.parse", {"text": "{{ trigger }}"}, trigger=text)
    assert failure.code == "invalid_json"
    assert (
        "line" in failure.message
        or "depth" in failure.message.lower()
        or "recursion" in failure.message.lower()
    )


@pytest.mark.parametrize("digits", ["18446744073709551616", "-9223372036854775809", "9" * 60])
async def test_integers_that_would_lose_digits_are_refused(nodes: Nodes, digits: str) -> None:
    failure = await nodes.failure("json.parse", {"text": "{{ trigger }}"}, trigger=f'{{"id": {digits}}}')
    assert failure.code == "too_large"
    assert digits[:20] in failure.message


async def test_only_text_can_be_parsed(nodes: Nodes) -> None:
    failure = await nodes.failure("json.parse", {"text": "{{ trigger }}"}, trigger={"already": "parsed"})
    assert failure.code == "invalid_config"
    assert "config.text" in failure.message
