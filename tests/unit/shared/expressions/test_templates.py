"""Taking strings with `{{ }}` apart."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.expressions import Expression, ExpressionError, bare, parse, path


def shape(text: str) -> list[str | tuple[str, int]]:
    """The parts of a string: literal text, or an expression's source and where it begins."""
    return [part if isinstance(part, str) else (part.source, part.start) for part in parse(text).parts]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("no braces", ["no braces"]),
        ("{ one } and }} alone", ["{ one } and }} alone"]),
        ("{{ trigger.a }}", [("trigger.a", 3)]),
        ("{{trigger.a}}", [("trigger.a", 2)]),
        ("Dear {{ trigger.a }},", ["Dear ", ("trigger.a", 8), ","]),
        ("{{ index }}{{ item }}", [("index", 3), ("item", 14)]),
        ('{{ {"a": {"b": 1}} }}', [('{"a": {"b": 1}}', 3)]),
        ('{{ {"a": {}}}}', [('{"a": {}}', 3)]),
        ('{{{"a": 1}}}', [('{"a": 1}', 2)]),
        ('{{ "}}" }} and {{ "{{" }}', [('"}}"', 3), " and ", ('"{{"', 18)]),
        ("""{{ '''it's }} "so" ''' }}!""", [("""'''it's }} "so" '''""", 3), "!"]),
        (r'{{ "a\"}}" }}', [(r'"a\"}}"', 3)]),
        ("""{{ trigger["it's"] }}""", [("""trigger["it's"]""", 3)]),
        ("{{ [\n  1,\n  2\n] }}", [("[\n  1,\n  2\n]", 3)]),
        ("{{ 1 +\n 2 }}", [("1 +\n 2", 3)]),
        ("Grüße, {{ trigger.größe }} 🎉", ["Grüße, ", ("trigger.größe", 10), " 🎉"]),
    ],
)
def test_a_string_is_text_and_expressions_in_order(text: str, parts: list[str | tuple[str, int]]) -> None:
    assert shape(text) == parts
    assert not parse(text).problems


@pytest.mark.parametrize(
    ("text", "code", "offset", "said"),
    [
        ("a {{ trigger.a", "expression_syntax", 2, "never closed"),
        ("{{ }}", "expression_syntax", 2, "empty"),
        ("x {{ trigger. }}", "expression_syntax", 13, "ends too early"),
        ("{{ don't }} and {{ trigger.x }}", "expression_syntax", 6, "unterminated"),
        ("{{ len( }}", "expression_syntax", 6, "never closed"),
        ("{{ item) + (item }}", "expression_syntax", 7, "unmatched"),
        ("{{ x = 1 }}", "expression_syntax", 5, "not an expression"),
        ("{{ import os }}", "expression_syntax", 3, "invalid syntax"),
        ("{{ 1 +\n  zz }}", "expression_name", 9, "unknown name 'zz'"),
        ("{{ " + "1+" * 6000 + "1 }}", "expression_syntax", 2, "longer than"),
        ("{{ " + "(" * 4000 + ")" * 4000 + " }}", "expression_syntax", 203, "too many nested"),
        ("{{ " + "1+" * 4000 + "1 }}", "expression_syntax", 3, "nested too deeply"),
        ("{{ '\x00' }}", "expression_syntax", 3, "null"),
    ],
)
def test_what_is_wrong_is_told_with_its_position(text: str, code: str, offset: int, said: str) -> None:
    problem = parse(text).problems[0]
    assert (problem.code, problem.offset) == (code, offset)
    assert said in problem.message


def test_each_expression_of_a_string_is_judged() -> None:
    template = parse("{{ one }} {{ trigger.two }} {{ three }}")
    assert [problem.offset for problem in template.problems] == [3, 31]
    assert [each.source for each in template.expressions] == ["trigger.two"]


def test_only_a_string_that_is_one_expression_keeps_the_type() -> None:
    single = parse("{{ trigger.a }}").single
    assert isinstance(single, Expression)
    assert single.source == "trigger.a"
    assert parse(" {{ trigger.a }}").single is None
    assert parse("{{ trigger.a }}{{ trigger.b }}").single is None
    assert parse("").single is None


@pytest.mark.parametrize(
    "text", ["item.price > 3", "  item.price > 3 ", "{{ item.price > 3 }}", " {{item.price > 3}}"]
)
def test_a_bare_expression_may_have_braces_around_it(text: str) -> None:
    assert [each.source for each in bare(text).expressions] == ["item.price > 3"]
    assert not bare(text).problems


@pytest.mark.parametrize("text", ["", "{{ item", "{{ item }} {{ index }}", "a {{ item }}", "{{ zz }}"])
def test_a_bare_expression_is_exactly_one(text: str) -> None:
    assert bare(text).problems


def test_a_path_is_read_from_its_braces() -> None:
    assert str(path('{{ nodes["a-b"].items[-1]["x y"] }}')) == 'nodes["a-b"].items[-1]["x y"]'


@pytest.mark.parametrize(
    "text",
    ["nodes.a", "", "{{ nodes.a }} b", "{{ nodes.a + 1 }}", "{{ len(nodes.a) }}", "{{ zz.a }}", "{{ nodes.a"],
)
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        path(text)


@given(st.text().filter(lambda text: "{{" not in text))
def test_text_without_braces_stays_as_it_is(text: str) -> None:
    template = parse(text)
    assert "".join(part for part in template.parts if isinstance(part, str)) == text
    assert not template.expressions
    assert not template.problems


@given(st.text(alphabet="{}()[]'\"\\ \nai.,:+#f0"))
def test_no_string_is_too_odd_to_be_parsed(text: str) -> None:
    template = parse("{{" + text)
    assert template.problems or template.expressions


def test_hostile_braces_take_no_longer_than_their_length_warrants() -> None:
    def seconds(times: int) -> float:
        start = time.perf_counter()
        parse("{{ ( " * times)
        return time.perf_counter() - start

    assert seconds(40_000) < 100 * max(seconds(4_000), 0.001)
