"""Cases from a file, and how they are compared with what a run came to."""

from pathlib import Path
from typing import Any

import pytest

from services.local.cases import Case, Expected, comparable, difference, inner, read_cases
from services.local.home import LocalError

GRAPH = "name: Orders\ninput: {total: 1}\ngraph: {nodes: [{id: a, type: noop}]}\n"
RUN = {"status": "succeeded", "output": {"n": 1}, "failure": None}


def case(**given: Any) -> Case:
    """A case that expects this."""
    return Case.model_validate({"name": "one", **given})


def compared(run: dict[str, Any], there: dict[str, Any] | None = None, **expect: Any) -> str:
    """How a run differs from what is expected of it."""
    expected = Expected.model_validate(expect).named()
    return difference(expected, comparable(run, there or {}, expected))


def test_a_graph_is_found_beside_its_cases_and_lends_them_its_input(tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text(GRAPH)
    file = tmp_path / "tests" / "orders.yaml"
    file.parent.mkdir()
    file.write_text("graph: ../orders.yaml\ncases: [{name: a}, {name: b, input: null, mocks: {a: [1]}}]\n")
    cases = read_cases(file)
    graph = {"nodes": [{"id": "a", "type": "noop"}]}
    assert [cases.started(each) for each in cases.cases] == [
        {"graph": graph, "input": {"total": 1}, "dry": True, "mocks": {}},
        {"graph": graph, "input": None, "dry": True, "mocks": {"a": [1]}},
    ]


def test_a_graph_may_stand_among_its_cases(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text("graph: {nodes: []}\ncases: [{name: a}]\n")
    assert read_cases(file).graph.graph == {"nodes": []}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cases: [{name: a}]", r"is not a file of cases .*graph: Field required"),
        ("graph: {}\ncases: []", r"is not a file of cases .*cases: List should have at least 1 item"),
        ("graph: {}\ncases: [{name: a, expects: {}}]", r"cases\.0\.expects: Extra inputs"),
        (
            "graph: {}\ncases: [{name: a, expect: {status: running}}]",
            r"cases\.0\.expect\.status: Input should",
        ),
        ("graph: {}\ncases: [{name: a, mocks: {b: 1}}]", r"cases\.0\.mocks\.b: Input should be a valid list"),
        ("graph: missing.yaml\ncases: [{name: a}]", r"cannot read .*missing\.yaml: No such file"),
    ],
)
def test_a_file_that_does_not_fit_is_told_with_the_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    with pytest.raises(LocalError, match=told):
        read_cases(file)


def test_a_run_that_comes_to_what_is_expected_differs_in_nothing() -> None:
    node = {"status": "succeeded", "attempt": 2, "port": "out", "failure": None,
            "attempts": [{"output": None}, {"output": [1]}]}  # fmt: skip
    assert compared(RUN) == ""
    assert compared(RUN, {"a": node}, output={"n": 1.0}, nodes={"a": {"attempt": 2, "output": [1]}}) == ""


def test_a_difference_is_shown_line_by_line() -> None:
    diff = compared(RUN, output={"n": 2, "m": True})
    assert diff.splitlines() == [
        "--- expected",
        "+++ actual",
        "@@ -1,7 +1,6 @@",
        " {",
        '   "output": {',
        '-    "m": true,',
        '-    "n": 2',
        '+    "n": 1',
        "   },",
        '   "status": "succeeded"',
        " }",
    ]


def test_an_output_is_compared_wholly_and_without_taking_true_for_1() -> None:
    assert compared({**RUN, "output": {"n": 1, "more": 2}}, output={"n": 1})
    assert compared({**RUN, "output": 1}, output=True)
    assert compared({**RUN, "output": None}, output=None) == ""


def test_a_failure_nobody_expected_is_shown_with_its_place() -> None:
    failure = {"code": "timeout", "message": "too slow", "node": "a", "path": "each[3].a", "retryable": True}
    diff = compared({**RUN, "status": "failed", "failure": failure})
    assert '+    "path": "each[3].a"' in diff
    assert "retryable" not in diff


def test_an_expected_failure_needs_to_fit_only_in_what_is_named() -> None:
    failed = {"status": "failed", "output": None, "failure": {"code": "timeout", "message": "x"}}
    assert compared(failed, failure={"code": "timeout"}) == ""
    assert '-    "code": "lost"' in compared(failed, failure={"code": "lost"})
    assert compared(RUN, failure={"code": "timeout"})
    assert compared(RUN, failure=None) == ""


def test_nodes_are_compared_in_what_is_named() -> None:
    skipped = {"status": "skipped", "attempt": 0, "port": None, "failure": None, "attempts": []}
    assert compared(RUN, {"a": skipped}, nodes={"a": {"status": "skipped", "output": None}}) == ""
    assert '-      "status": "succeeded"' in compared(
        RUN, {"a": skipped}, nodes={"a": {"status": "succeeded"}}
    )
    assert '+    "b": null' in compared(RUN, {"b": None}, nodes={"b": {"status": "succeeded"}})


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("fetch", ("run_1", "fetch")),
        ("each[3].fetch", ("run_1.each.3", "fetch")),
        ("a[0].b[0-2].c", ("run_1.a.0.b.0-2", "c")),
    ],
)
def test_a_node_within_a_container_is_found_by_its_path(name: str, place: tuple[str, str]) -> None:
    assert inner("run_1", name) == place
