"""Definitions as graphs: sound ones, whose nodes people find again."""

import json
from typing import Any

import pytest

import services.connectors
import services.runner.nodes
from shared.asl.translate import Translated, translate
from shared.check import check
from shared.nodes import discover
from tests.unit.shared.asl.machines import (
    CATCH_ALL,
    COUNT,
    POLL,
    choice,
    machine,
    map_,
    parallel,
    pass_,
    rule,
    task,
)

CATALOG = {
    name: registered.node_type
    for package in (services.runner.nodes, services.connectors)
    for name, registered in discover(package).items()
}
BRANCHES = (machine("L", L=task()), machine("R", R=pass_(Next="R2"), R2={"Type": "Fail", "Error": "No"}))
RETRY = [{"ErrorEquals": ["A"]}, {"ErrorEquals": ["States.ALL"]}]
HTTP = "arn:aws:states:::http:invoke"
IN_CONTEXT = machine("C", C=pass_(Parameters={"m.$": "$$.Map"}))
SOUND: dict[str, Any] = {
    "pass": machine("A", A=pass_(Result={"text": "{{ nodes.nothing }}"})),
    "fails always": machine("A", A={"Type": "Fail", "Error": "X", "Cause": "Y"}),
    "never ends": machine("A", A=pass_(Next="B"), B={"Type": "Wait", "SecondsPath": "$.s", "Next": "A"}),
    "choice": machine("A", A=choice("B", rule("$.x", "IsNull", True, "C")), B=pass_(Next="C"), C=pass_()),
    "unreachable": machine("A", A=pass_(), B=pass_(Next="C"), C=pass_(Next="B")),
    "poll": POLL,
    "count": COUNT,
    "task": machine("A", A=task(Retry=RETRY, Catch=CATCH_ALL, TimeoutSeconds=5), Rescue=pass_()),
    "parallel": machine("A", A=parallel(*BRANCHES)),
    "parallel retried": machine("A", A=parallel(*BRANCHES, Retry=RETRY[1:])),
    "parallel retried in turn": machine("A", A=parallel(*BRANCHES, Retry=RETRY)),
    "parallel caught": machine("A", A=parallel(*BRANCHES, Catch=CATCH_ALL), Rescue=pass_()),
    "map": machine("A", A=map_(COUNT, ItemSelector={"n.$": "$$.Map.Item.Value"}, MaxConcurrency=2)),
    "map in map": machine("A", A=map_(machine("B", B=map_(IN_CONTEXT)))),
    "map retried": machine(
        "A", A=map_(POLL, Retry=RETRY, Catch=CATCH_ALL, ToleratedFailureCount=1), Rescue=pass_()
    ),
    "awkward names": machine(
        "out", out=pass_(Next="failure"), failure=pass_(Next="x" * 80), **{"x" * 80: pass_()}
    ),
    "http": machine(
        "A", A=task(Resource=HTTP, Parameters={"ApiEndpoint": "https://x.test", "Method": "GET"})
    ),
}


def graph_of(document: Any) -> dict[str, Any]:
    translated = translate(document)
    assert translated.graph is not None, translated.faults
    return translated.graph


def node_of(graph: dict[str, Any], node_id: str) -> dict[str, Any]:
    return next(node for node in graph["nodes"] if node["id"] == node_id)


@pytest.mark.parametrize("document", SOUND.values(), ids=SOUND)
def test_its_graph_is_sound(document: Any) -> None:
    checked = check(graph_of(document), CATALOG)
    assert not checked.problems
    assert not checked.warnings


@pytest.mark.parametrize("document", SOUND.values(), ids=SOUND)
def test_its_graph_starts_at_one_place(document: Any) -> None:
    graph = graph_of(document)
    targets = {edge["target"] for edge in graph["edges"]}
    assert [node["id"] for node in graph["nodes"] if node["id"] not in targets] == ["start"]


@pytest.mark.parametrize("document", SOUND.values(), ids=SOUND)
def test_the_same_definition_gives_the_same_graph(document: Any) -> None:
    assert json.dumps(graph_of(document)) == json.dumps(graph_of(document))


def test_a_state_s_node_bears_its_name() -> None:
    document = machine(
        "Submit job", **{"Submit job": task(Next="a-b")}, **{"a-b": task(Next="a b")}, **{"a b": pass_()}
    )
    graph = graph_of(document)
    assert {"Submit-job", "a-b", "a-b-2"} <= {node["id"] for node in graph["nodes"]}
    assert node_of(graph, "Submit-job")["name"] == "Submit job"


def test_mocks_are_named_where_a_task_lies_in_a_container() -> None:
    assert translate(POLL).mocks == {"Get status": "Wait-loop.Get-status"}
    caught = machine("A", A=parallel(*BRANCHES, Catch=CATCH_ALL), Rescue=pass_())
    assert translate(caught).mocks == {"L": "A.L"}


def test_branches_that_nobody_catches_lie_in_the_same_graph() -> None:
    graph = graph_of(SOUND["parallel"])
    assert {"L", "R", "R2"} <= {node["id"] for node in graph["nodes"]}
    assert {node["type"] for node in graph["nodes"]}.isdisjoint({"map", "try", "loop"})


def test_what_can_be_a_policy_is_one() -> None:
    document = machine("A", A=task(Retry=[{"ErrorEquals": ["X"], "MaxAttempts": 1}], TimeoutSeconds=5))
    policy = node_of(graph_of(document), "A")["policy"]
    assert policy["timeout_s"] == 5
    assert (policy["retry"]["max_attempts"], policy["retry"]["on"]) == (2, ["X"])


def test_an_http_call_becomes_a_request() -> None:
    given = {
        "ApiEndpoint.$": "$.url",
        "Method": "POST",
        "RequestBody": {"a.$": "$.a"},
        "Authentication": {"ConnectionArn": "x"},
    }
    translated = translate(machine("A", A=task(Resource=HTTP, Parameters=given)))
    assert translated.graph
    node = node_of(translated.graph, "A")
    assert (node["type"], node["config"]["method"]) == ("http.request", "POST")
    assert set(node["config"]) == {"method", "url", "json"}
    assert told(translated) == [("States.A.Parameters.Authentication", "asl_not_carried")]


def test_what_is_not_carried_over_is_told() -> None:
    document = machine("A", A=task(HeartbeatSeconds=5, Next="B"), B=map_(COUNT, ItemReader={}), C=pass_())
    assert told(translate(document)) == [
        ("States.C", "asl_unreachable"),
        ("States.A.HeartbeatSeconds", "asl_not_carried"),
        ("States.A.Resource", "asl_no_counterpart"),
        ("States.B.ItemReader", "asl_not_carried"),
    ]


def test_a_definition_with_faults_gives_no_graph() -> None:
    translated = translate({"StartAt": "A", "States": {}})
    assert translated.graph is None
    assert translated.faults


def told(translated: Translated) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in translated.not_carried]
