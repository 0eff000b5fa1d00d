"""Reading graph files, showing results."""

from pathlib import Path
from typing import Any

import pytest

from services.local.home import LocalError
from services.local.run import GraphFile, read_graph, shown


def test_a_graph_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text("name: One\ngraph: {nodes: [{id: a, type: noop}]}\ninput: {n: 1}\n")
    assert read_graph(file) == GraphFile(
        name="One", graph={"nodes": [{"id": "a", "type": "noop"}]}, input={"n": 1}
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name: [", r"is not YAML: .*line 1"),
        ("- a\n- b\n", r"is not a graph file .*valid dict"),
        ("name: One\n", r"is not a graph file .*graph: Field required"),
        ("name: One\ngraph: {}\nnodes: []\n", r"is not a graph file .*nodes: Extra inputs"),
    ],
)
def test_a_file_that_is_none_is_an_error_with_the_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "graph.yaml"
    file.write_text(text)
    with pytest.raises(LocalError, match=rf"(?s)graph\.yaml {told}"):
        read_graph(file)


def test_a_file_that_is_missing_is_named() -> None:
    with pytest.raises(LocalError, match=r"cannot read /no/such\.yaml: No such file"):
        read_graph(Path("/no/such.yaml"))


@pytest.mark.parametrize(
    ("given", "base_url", "used"),
    [
        ({"n": 1}, "http://here", {"n": 1, "base_url": "http://here"}),
        ({"base_url": "http://there"}, "http://here", {"base_url": "http://there"}),
        ({"n": 1}, "", {"n": 1}),
        ([1, 2], "http://here", [1, 2]),
    ],
)
def test_the_place_of_the_data_joins_an_input_that_has_none(given: Any, base_url: str, used: Any) -> None:
    assert GraphFile(name="One", graph={}, input=given).input_at(base_url) == used


def test_texts_are_shown_as_they_are() -> None:
    assert shown("one\ntwo") == "one\ntwo"
    assert shown({"report": "one\ntwo", "n": 1}) == "report:\none\ntwo\nn:\n1"
    assert shown([1, "é"]) == '[\n  1,\n  "é"\n]'
