"""Which strings of a config are templates, which hold one bare expression, which are program text."""

from typing import Any

import pytest

from shared.expressions import problems, references

CONFIG: dict[str, Any] = {
    "url": "{{ nodes.a.url }}/{{ trigger.id }}",
    "headers": {"X-Key": "{{ vars.key }}", "{{ not.a.template }}": "plain"},
    "where": "item.n > nodes.b.least and index < run.n",
    "rules": [{"when": "{{ item.ok }}", "then": "{{ nodes['c-d'] }}"}, {"when": 5}],
    "measures": {"total": {"value": "nodes.e * item.n", "op": "sum"}},
    "code": "print('{{ nodes.z }}')",
}
PER_ITEM = ["where", "rules[].when", "measures{}.value", "absent", "absent[].x"]
CODE = ["code"]


def test_references_and_roots_of_every_kind_of_field() -> None:
    assert references(CONFIG, PER_ITEM, CODE) == (["a", "b", "c-d", "e"], ["run", "trigger", "vars"])


def test_outside_of_per_item_fields_the_item_counts() -> None:
    assert references({"x": "{{ item.a }}"}) == ([], ["item"])
    assert references({"x": "item.a"}, ["x"]) == ([], [])


@pytest.mark.parametrize("computed", ["{{ nodes[trigger.x] }}", "{{ nodes }}", "{{ [n for n in nodes] }}"])
def test_a_computed_node_may_be_any(computed: str) -> None:
    assert references({"a": "{{ nodes.a }}", "b": [computed]})[0] is None


def test_a_sound_config_has_no_problems() -> None:
    assert problems(CONFIG, PER_ITEM, CODE) == []


def test_problems_tell_where_they_stand() -> None:
    config = {
        "url": "http://{{ nodez.a }}",
        "headers": {"X-Key": "{{ 1 + }}"},
        "rules": [{"when": "item >"}],
        "code": "{{ whatever",
    }
    found = [(problem.path, problem.offset) for problem in problems(config, ["rules[].when"], ["code"])]
    assert found == [("url", 10), ('headers["X-Key"]', 6), ("rules[0].when", 6)]
    assert "(at character 10)" in problems(config)[0].message
