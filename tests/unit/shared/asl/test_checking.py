"""Definitions with faults: all of them are told, with their paths."""

from typing import Any

import pytest

from shared.asl.checking import check_definition
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

FAULTY: list[tuple[Any, str]] = [
    ([], ""),
    ({}, "States"),
    ({"StartAt": "A", "States": {}}, "States"),
    ({"States": {"A": pass_()}}, "StartAt"),
    (machine("B", A=pass_()), "StartAt"),
    (machine("A", A=pass_()) | {"TimeoutSeconds": 0}, "TimeoutSeconds"),
    (machine("A", A={}), "States.A.Type"),
    (machine("A", A={"Type": "Lambda"}), "States.A.Type"),
    (machine("A", A={"Type": "Pass"}), "States.A"),
    (machine("A", A=pass_(Next="B")), "States.A.Next"),
    (machine("A", A={"Type": "Pass", "Next": "A", "End": True}), "States.A"),
    (machine("A b", **{"A b": pass_(InputPath="x")}), 'States["A b"].InputPath'),
    (machine("A", A=pass_(OutputPath=5)), "States.A.OutputPath"),
    (machine("A", A=pass_(ResultPath="$.a[*]")), "States.A.ResultPath"),
    (machine("A", A=pass_(Parameters={"a.$": "x"})), "States.A.Parameters.a.$"),
    (machine("A", A=pass_(Parameters={"a": [{"b.$": 1}]})), "States.A.Parameters.a[0].b.$"),
    (machine("A", A=pass_(Parameters={"a.$": "States.Nope()"})), "States.A.Parameters.a.$"),
    (machine("A", A={"Type": "Task", "End": True}), "States.A"),
    (machine("A", A=task(Resource=1)), "States.A.Resource"),
    (machine("A", A=task(TimeoutSeconds=0)), "States.A.TimeoutSeconds"),
    (machine("A", A=task(ResultSelector={"a.$": "$["})), "States.A.ResultSelector.a.$"),
    (machine("A", A=task(Retry=[{}])), "States.A.Retry[0].ErrorEquals"),
    (
        machine("A", A=task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}])),
        "States.A.Retry[0].ErrorEquals",
    ),
    (
        machine("A", A=task(Retry=[{"ErrorEquals": ["X"], "BackoffRate": 0.5}])),
        "States.A.Retry[0].BackoffRate",
    ),
    (
        machine("A", A=task(Retry=[{"ErrorEquals": ["X"], "MaxAttempts": -1}])),
        "States.A.Retry[0].MaxAttempts",
    ),
    (machine("A", A=task(Retry={})), "States.A.Retry"),
    (machine("A", A=task(Catch=[{"ErrorEquals": ["X"], "Next": "B"}])), "States.A.Catch[0].Next"),
    (
        machine("A", A=task(Catch=[{"ErrorEquals": ["X", "States.ALL"], "Next": "A"}])),
        "States.A.Catch[0].ErrorEquals",
    ),
    (machine("A", A=choice(None)), "States.A.Choices"),
    (machine("A", A=choice("B", rule("$.x", "IsNull", True, "A"))), "States.A.Default"),
    (machine("A", A=choice(None, rule("$.x", "IsNull", True, "B"))), "States.A.Choices[0].Next"),
    (machine("A", A=choice(None, {"Variable": "$.x", "Next": "A"})), "States.A.Choices[0]"),
    (machine("A", A=choice(None, {"IsNull": True, "Next": "A"})), "States.A.Choices[0]"),
    (machine("A", A=choice(None, rule("x", "IsNull", True, "A"))), "States.A.Choices[0].Variable"),
    (
        machine("A", A=choice(None, rule("$.x", "NumericEquals", "1", "A"))),
        "States.A.Choices[0].NumericEquals",
    ),
    (
        machine("A", A=choice(None, rule("$.x", "TimestampEquals", "now", "A"))),
        "States.A.Choices[0].TimestampEquals",
    ),
    (machine("A", A=choice(None, {"And": [], "Next": "A"})), "States.A.Choices[0].And"),
    (machine("A", A=choice(None, {"Not": {"And": [5]}, "Next": "A"})), "States.A.Choices[0].Not.And[0]"),
    (machine("A", A={"Type": "Wait", "End": True}), "States.A"),
    (machine("A", A={"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True}), "States.A"),
    (machine("A", A={"Type": "Wait", "Timestamp": "tomorrow", "End": True}), "States.A.Timestamp"),
    (machine("A", A={"Type": "Fail", "Error": "X", "ErrorPath": "$.e"}), "States.A"),
    (machine("A", A={"Type": "Fail", "CausePath": "cause"}), "States.A.CausePath"),
    (machine("A", A=parallel()), "States.A.Branches"),
    (machine("A", A=parallel(machine("C", B=pass_()))), "States.A.Branches[0].StartAt"),
    (machine("A", A=parallel(machine("B", B=pass_(Next="A")))), "States.A.Branches[0].States.B.Next"),
    (machine("A", A={"Type": "Map", "End": True}), "States.A"),
    (machine("A", A=map_(machine("B", B=pass_()), MaxConcurrency=-1)), "States.A.MaxConcurrency"),
    (machine("A", A=map_(machine("B", B=pass_(Next="A")))), "States.A.ItemProcessor.States.B.Next"),
    (
        machine("A", A=map_(machine("B", B=pass_()), ItemSelector={"v.$": "value"})),
        "States.A.ItemSelector.v.$",
    ),
]
OF_JSONATA: list[tuple[Any, str]] = [
    (machine("A", A=pass_()) | {"QueryLanguage": "JSONata"}, "QueryLanguage"),
    (machine("A", A=pass_(QueryLanguage="JSONata")), "States.A"),
    (machine("A", A=pass_(Assign={"x": 1})), "States.A"),
    (machine("A", A=pass_(Output="{% $x %}")), "States.A"),
    (machine("A", A=task(Arguments={})), "States.A"),
    (machine("A", A=choice(None, {"Condition": "{% true %}", "Next": "A"})), "States.A.Choices[0]"),
]


@pytest.mark.parametrize(("document", "path"), FAULTY)
def test_a_fault_is_told_where_it_is(document: Any, path: str) -> None:
    faults, _ = check_definition(document)
    assert (path, "asl_invalid") in [(each.path, each.code) for each in faults]


@pytest.mark.parametrize(("document", "path"), OF_JSONATA)
def test_jsonata_is_told_apart(document: Any, path: str) -> None:
    faults, _ = check_definition(document)
    assert [(each.path, each.code) for each in faults] == [(path, "asl_jsonata")]
    assert "not supported" in faults[0].message


def test_all_faults_are_told_at_once() -> None:
    document = machine("X", A=pass_(Next="Y"), B=choice(None), C=map_(machine("D", D={"Type": "Wait"})))
    faults, _ = check_definition(document)
    assert [each.path for each in faults] == [
        "StartAt", "States.A.Next", "States.B.Choices", "States.C.ItemProcessor.States.D",
        "States.C.ItemProcessor.States.D",
    ]  # fmt: skip


def test_what_has_no_effect_is_only_a_warning() -> None:
    document = machine("A", A=pass_(Colour="red"), B=pass_()) | {"Owner": "me", "Version": "1.0"}
    faults, warnings = check_definition(document)
    assert not faults
    assert [(each.path, each.code) for each in warnings] == [
        ("Owner", "asl_unknown_field"),
        ("States.A.Colour", "asl_unknown_field"),
        ("States.B", "asl_unreachable"),
    ]


@pytest.mark.parametrize("document", [POLL, COUNT, machine("A", A=task(Catch=CATCH_ALL), Rescue=pass_())])
def test_sound_definitions_have_no_faults(document: Any) -> None:
    assert check_definition(document) == ([], [])
