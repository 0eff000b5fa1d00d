"""Reading JSON bodies: depth, numbers, and what models say of them."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from services.gateway.alerting.inputs import NewAlertChannel
from services.gateway.errors import Refused
from services.gateway.reading import MAX_DEPTH, deeper_than, fitted, parse


def depth_of(value: Any) -> int:
    """How deep a value is nested."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


JSON = st.recursive(
    st.none() | st.text('[]{}"\\a', max_size=4),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("[]{"), inner),
)


@given(JSON, st.integers(0, 6))
def test_depth_is_measured_whatever_strings_hold(value: Any, depth: int) -> None:
    assert deeper_than(orjson.dumps(value), depth) == (depth_of(value) > depth)


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1, 1_030, 200_000])
def test_only_64_levels_are_read(depth: int) -> None:
    raw = b"[" * depth + b"]" * depth
    if depth <= MAX_DEPTH:
        assert depth_of(parse(raw)) == depth
        return
    with pytest.raises(Refused, match="64 levels") as refused:
        parse(raw)
    assert refused.value.code == "too_deep"


def test_many_brackets_side_by_side_are_fine() -> None:
    assert len(parse(b"[" + b"[],{}," * 5_000 + b"1]")) == 10_001


@pytest.mark.parametrize("number", [2**64 - 1, -(2**63), 10**18])
def test_integers_of_64_bits_are_exact(number: int) -> None:
    assert parse(b"[%d]" % number) == [number]


@pytest.mark.parametrize("text", ["18446744073709551616", "-9223372036854775809", "1" + "0" * 300])
def test_larger_integers_are_refused_not_rounded(text: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(f'{{"x": {text}}}'.encode())
    assert refused.value.code == "number_too_large"


def test_long_digits_in_text_and_fractions_are_no_integers() -> None:
    raw = b'{"card": "12345678901234567890123", "pi": 3.14159265358979323846264338}'
    assert parse(raw)["card"] == "12345678901234567890123"


def mail_server(port: Any) -> dict[str, Any]:
    """A channel with this port."""
    people = {"sender": "a@b.example", "to": ["c@d.example"]}
    return {"name": "x", "settings": {"kind": "email", "host": "mail", "port": port, **people}}


def test_a_whole_number_is_an_integer_however_it_is_written() -> None:
    settings = fitted(mail_server(25.0), NewAlertChannel).settings
    assert settings.kind == "email"
    assert (settings.port, type(settings.port)) == (25, int)


@pytest.mark.parametrize("port", [25.5, 0.0, 1e300, float("nan"), True, "25", None])
def test_nothing_else_is_an_integer(port: Any) -> None:
    with pytest.raises(ValidationError) as error:
        fitted(mail_server(port), NewAlertChannel)
    assert [each["loc"] for each in error.value.errors()] == [("settings", "email", "port")]


class Either(BaseModel):
    model_config = ConfigDict(strict=True)
    at: list[int] | int


@pytest.mark.parametrize("at", [[1, 2.0], 3.0, [1, 2.5], 3.5])
def test_what_a_union_might_mean_is_told_and_breaks_nothing(at: Any) -> None:
    if at == [1, 2.0]:
        assert fitted({"at": at}, Either).at == [1, 2]
        return
    with pytest.raises(ValidationError) as error:
        fitted({"at": at}, Either)
    assert {each["loc"][0] for each in error.value.errors()} == {"at"}
