"""Input and output of states: InputPath, Parameters, ResultSelector, ResultPath, OutputPath."""

from typing import Any

import pytest

from shared.asl.batches import concurrency_of, inputs_of, tolerated
from shared.asl.data import effective_input, output, seconds_from
from shared.asl.errors import StatesError

RAW: dict[str, Any] = {
    "title": "Numbers to add",
    "numbers": {"val1": 3, "val2": 4},
    "list": [1, 2],
    "at": "2016-03-14T01:59:00Z",
}
CONTEXT: dict[str, Any] = {"State": {"Name": "Here"}}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, RAW),
        ({"InputPath": "$"}, RAW),
        ({"InputPath": "$.numbers"}, {"val1": 3, "val2": 4}),
        ({"InputPath": None}, {}),
        ({"InputPath": "$.list[0,1]"}, [1, 2]),
        ({"InputPath": "$$.State.Name"}, "Here"),
        ({"Parameters": {"flag": True}}, {"flag": True}),
        ({"Parameters": {"a.$": "$.title", "b": "$.title"}}, {"a": "Numbers to add", "b": "$.title"}),
        ({"InputPath": "$.numbers", "Parameters": {"a.$": "$.val1"}}, {"a": 3}),
        ({"Parameters": {"o": {"l": [{"x.$": "$.list[1]"}, "$.list"]}}}, {"o": {"l": [{"x": 2}, "$.list"]}}),
        ({"Parameters": {"n.$": "$$.State.Name"}}, {"n": "Here"}),
        ({"Parameters": {"f.$": "States.MathAdd($.list[0], 1)"}}, {"f": 2}),
        ({"Parameters": {"all.$": "$"}}, {"all": RAW}),
        ({"Parameters": {}}, {}),
        ({"InputPath": None, "Parameters": {"a.$": "$"}}, {"a": {}}),
    ],
)
def test_the_effective_input(state: dict[str, Any], expected: Any) -> None:
    assert effective_input(state, RAW, CONTEXT) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, 7),
        ({"ResultPath": "$.sum"}, {**RAW, "sum": 7}),
        ({"ResultPath": "$.numbers.sum"}, {**RAW, "numbers": {"val1": 3, "val2": 4, "sum": 7}}),
        ({"ResultPath": "$.numbers"}, {**RAW, "numbers": 7}),
        ({"ResultPath": None}, RAW),
        ({"OutputPath": None}, {}),
        ({"ResultPath": "$.sum", "OutputPath": "$.sum"}, 7),
        ({"ResultPath": None, "OutputPath": "$.title"}, "Numbers to add"),
        ({"ResultSelector": {"sum.$": "$"}}, {"sum": 7}),
        ({"ResultSelector": {"sum.$": "$"}, "ResultPath": "$.r"}, {**RAW, "r": {"sum": 7}}),
        ({"ResultSelector": {"here.$": "$$.State.Name"}}, {"here": "Here"}),
    ],
)
def test_the_output(state: dict[str, Any], expected: Any) -> None:
    assert output(state, RAW, 7, CONTEXT) == expected


@pytest.mark.parametrize(
    ("state", "name"),
    [
        ({"InputPath": "$.nothing"}, "States.Runtime"),
        ({"Parameters": {"a.$": "$.nothing"}}, "States.ParameterPathFailure"),
        ({"Parameters": {"a": [{"b.$": "$.nothing"}]}}, "States.ParameterPathFailure"),
        ({"Parameters": {"a.$": "States.MathAdd('x', 1)"}}, "States.IntrinsicFailure"),
        ({"Parameters": {"a.$": 5}}, "States.ParameterPathFailure"),
    ],
)
def test_an_input_that_cannot_be_made_fails(state: dict[str, Any], name: str) -> None:
    with pytest.raises(StatesError) as failed:
        effective_input(state, RAW, CONTEXT)
    assert failed.value.name == name


@pytest.mark.parametrize(
    ("state", "items"),
    [
        ({"ItemsPath": "$.list"}, [1, 2]),
        ({"InputPath": "$.list"}, [1, 2]),
        (
            {"ItemsPath": "$.list", "ItemSelector": {"v.$": "$$.Map.Item.Value", "t.$": "$.title"}},
            [{"v": 1, "t": "Numbers to add"}, {"v": 2, "t": "Numbers to add"}],
        ),
        ({"ItemsPath": "$.list", "Parameters": {"i.$": "$$.Map.Item.Index"}}, [{"i": 0}, {"i": 1}]),
        ({"ItemsPath": "$.list", "ItemBatcher": {"MaxItemsPerBatch": 1}}, [{"Items": [1]}, {"Items": [2]}]),
        (
            {"ItemsPath": "$.list", "ItemBatcher": {"MaxInputBytesPerBatch": 1}},
            [{"Items": [1]}, {"Items": [2]}],
        ),
        (
            {"ItemsPath": "$.list", "ItemBatcher": {"MaxItemsPerBatch": 9, "BatchInput": {"t.$": "$.title"}}},
            [{"BatchInput": {"t": "Numbers to add"}, "Items": [1, 2]}],
        ),
    ],
)
def test_what_iterations_begin_with(state: dict[str, Any], items: list[Any]) -> None:
    assert [each["data"] for each in inputs_of(state, RAW, CONTEXT)] == items


def test_items_that_are_no_array_fail() -> None:
    with pytest.raises(StatesError, match="must point to an array"):
        inputs_of({}, RAW, CONTEXT)


@pytest.mark.parametrize(
    ("state", "concurrency", "failures"),
    [
        ({}, 100, 0),
        ({"MaxConcurrency": 3, "ToleratedFailureCount": 2}, 3, 2),
        ({"MaxConcurrency": 500, "ToleratedFailurePercentage": 25}, 100, 2.5),
        ({"MaxConcurrencyPath": "$.numbers.val1", "ToleratedFailureCountPath": "$.numbers.val2"}, 3, 4),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 50}, 100, 1),
    ],
)
def test_how_many_iterations_may_run_and_fail(
    state: dict[str, Any], concurrency: int, failures: float
) -> None:
    assert concurrency_of(state, RAW, CONTEXT) == concurrency
    assert tolerated(state, 10, RAW, CONTEXT) == failures


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"Seconds": 10}, 10),
        ({"SecondsPath": "$.numbers.val1"}, 3),
        ({"Timestamp": "2016-03-14T01:59:00Z"}, "2016-03-14T01:59:00Z"),
        ({"TimestampPath": "$.at"}, "2016-03-14T01:59:00Z"),
    ],
)
def test_how_long_a_state_waits(state: dict[str, Any], expected: Any) -> None:
    assert seconds_from(state, RAW, CONTEXT) == expected


def test_a_negative_wait_fails() -> None:
    with pytest.raises(StatesError, match="number of seconds"):
        seconds_from({"SecondsPath": "$"}, -1, CONTEXT)
