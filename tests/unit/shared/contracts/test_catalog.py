"""Ports and side effects that follow from a node's config."""

from typing import Any

import pytest

from shared.contracts.catalog import NodeType, SideEffectsBy, ports_of, side_effects_of
from tests.builders import node

SWITCH = NodeType(
    type="switch",
    title="Switch",
    description="Choose",
    category="logic",
    pool="core",
    ports=["default"],
    ports_from="cases[].port",
    config_schema={},
)
HTTP = NodeType(
    type="http.request",
    title="HTTP",
    description="Call",
    category="web",
    pool="http",
    side_effects=SideEffectsBy(field="method", cases={"GET": "repeatable", "HEAD": "repeatable"}),
    config_schema={"properties": {"method": {"default": "GET"}}},
)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"cases": [{"port": "a"}, {"port": "b"}]}, ["a", "b", "default"]),
        ({"cases": [{"port": "a"}, {"port": "a"}, {"port": "default"}]}, ["a", "default"]),
        ({"cases": [{"port": 1}, {}, None, "a"]}, ["default"]),
        ({"cases": {"port": "a"}}, ["default"]),
        ({"cases": "a"}, ["default"]),
        ({}, ["default"]),
    ],
)
def test_ports_follow_the_cases(config: dict[str, Any], expected: list[str]) -> None:
    assert ports_of(SWITCH, node("s", config=config)) == expected


def test_ports_follow_the_default_of_what_is_left_out() -> None:
    config_schema = {"properties": {"decisions": {"default": ["approve", "reject"]}}}
    changes = {"ports": ["timeout"], "ports_from": "decisions[]", "config_schema": config_schema}
    review = SWITCH.model_copy(update=changes)
    assert ports_of(review, node("r")) == ["approve", "reject", "timeout"]
    assert ports_of(review, node("r", config={"decisions": ["pay"]})) == ["pay", "timeout"]


def test_a_failure_port_is_there_when_the_policy_opens_it() -> None:
    assert ports_of(HTTP, node("h")) == ["out"]
    assert ports_of(HTTP, node("h", on_failure="port")) == ["out", "failure"]
    assert ports_of(HTTP, node("h", on_failure="continue")) == ["out"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"method": "GET"}, "repeatable"),
        ({"method": "POST"}, "once"),
        ({"method": "{{ trigger.method }}"}, "once"),
        ({"method": 7}, "once"),
        ({}, "repeatable"),
    ],
)
def test_side_effects_follow_the_method(config: dict[str, Any], expected: str) -> None:
    assert side_effects_of(HTTP, node("h", config=config)) == expected


def test_side_effects_may_be_the_same_for_every_config() -> None:
    assert side_effects_of(SWITCH, node("s")) == "none"
