"""Variables that graphs name."""

import pytest

from shared.check import check, freeze
from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import Raw, raw_graph, raw_node

VARIABLES = {"url": False, "key": True}


@pytest.fixture
def types(catalog: dict[str, NodeType]) -> dict[str, NodeType]:
    """The catalog, in which `request` is a connector's."""
    return {**catalog, "request": catalog["request"].model_copy(update={"vault": True})}


def using(text: str) -> Raw:
    return raw_node("use", config={"values": {"x": text}})


def test_a_secret_variable_is_refused_where_no_connector_opens_it(types: dict[str, NodeType]) -> None:
    graph = raw_graph([using("{{ vars.url }} and {{ vars['key'] }}")])
    [problem] = check(graph, types, variables=VARIABLES).problems
    assert (problem.path, problem.code) == ("nodes[0].config.values.x", "secret_variable")
    assert problem.message.startswith("vars.key is secret: only nodes of connectors can use it")
    rows = raw_graph([raw_node("rows", "rows", {"items": "{{ [] }}", "where": "item == vars.key"})])
    [problem] = check(rows, types, variables=VARIABLES).problems
    assert problem.path == "nodes[0].config.where"


def test_a_connector_may_use_it_and_a_run_must_not_answer_with_it(types: dict[str, NodeType]) -> None:
    call = raw_node("call", "request", {"method": "{{ vars.key }}"})
    assert not check(raw_graph([call]), types, variables=VARIABLES).problems
    graph = raw_graph([call], output="{{ vars.key.inner }}")
    assert [each.path for each in check(graph, types, variables=VARIABLES).problems] == ["settings.output"]


def test_a_variable_that_is_not_there_yet_is_merely_told_of(types: dict[str, NodeType]) -> None:
    checked = check(raw_graph([using("{{ vars.late }} {{ vars.url }}")]), types, variables=VARIABLES)
    assert not checked.problems
    [warning] = checked.warnings
    assert (warning.path, warning.code) == ("nodes[0].config.values.x", "unknown_variable")
    assert not check(raw_graph([using("{{ vars.late }}")]), types).warnings, "nothing is known"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ vars.b + vars['a'].x }}", ["a", "b"]),
        ("{{ vars[trigger.name] }}", None),
        ("{{ vars.get('a') }}", None),
        ("{{ [vars for vars in [1]] }}", []),
        ("plain", []),
    ],
)
def test_the_names_are_frozen_with_the_node(
    types: dict[str, NodeType], text: str, named: list[str] | None
) -> None:
    checked = check(raw_graph([using(text)]), types)
    assert checked.graph
    assert freeze(checked.graph, types)["use"].variables == named
