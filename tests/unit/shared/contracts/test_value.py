"""Values cross bus and store as JSON text."""

import pytest

from shared.contracts.value import Value, from_json, inline, to_json


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -(2**63),
        2**64 - 1,
        1.5,
        1e300,
        "",
        "żółć 🐚",
        "\x00",
        [],
        {},
        {"": [{"a.b": {"$c": None}}]},
    ],
)
def test_a_value_comes_back_as_it_went(value: object) -> None:
    back = from_json(to_json(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, object(), {1: 2}, {1, 2}, b"x", 1j, "\ud800"])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_json(value)


@pytest.mark.parametrize("text", ["", "{", "nul", "[1,]", "{'a': 1}", "1 2", "\ufeff1", "NaN"])
def test_text_that_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_json(text)


def test_sizes_are_in_bytes() -> None:
    assert inline('"🐚"') == Value(json_text='"🐚"', size=6)
