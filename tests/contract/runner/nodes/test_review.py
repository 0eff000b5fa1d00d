from typing import Any

import pytest

from shared.contracts.catalog import ports_of
from shared.contracts.value import from_json
from shared.ids import now_ms
from tests.builders import node
from tests.contract.nodes import TYPES, Nodes

FORM = {"type": "object", "properties": {"amount": {"type": "number", "default": "{{ trigger.amount }}"}}}


def asked(**config: Any) -> dict[str, Any]:
    return {"title": "Pay {{ trigger.amount }}?", **config}


async def test_a_person_is_asked(nodes: Nodes) -> None:
    before, given = now_ms(), {"amount": 12}
    config = asked(
        instructions="Look twice.",
        context="{{ trigger }}",
        form=FORM,
        assignees=["ann@example.com"],
        decisions=["pay", "ask_again"],
        timeout_s=3600,
    )
    result = await nodes.result("review", config, trigger=given)
    directive: Any = result.directive
    assert directive.kind == "await_decision"
    assert (directive.decisions, directive.assignees) == (["pay", "ask_again"], ["ann@example.com"])
    assert from_json(directive.form)["properties"]["amount"]["default"] == 12
    assert before <= directive.timeout_at - 3_600_000 <= now_ms()
    assert result.input
    shown = from_json(result.input.json_text or "")
    assert (shown["title"], shown["instructions"], shown["context"]) == ("Pay 12?", "Look twice.", given)


async def test_left_out_it_is_approved_or_rejected_by_anybody_at_any_time(nodes: Nodes) -> None:
    directive = await nodes.directive("review", {"title": "Ship it?"})
    assert directive.decisions == ["approve", "reject"]
    assert (directive.assignees, directive.form, directive.timeout_at) == ([], None, None)


@pytest.mark.parametrize(
    ("config", "ports"),
    [
        ({}, ["approve", "reject", "timeout"]),
        ({"decisions": ["a", "b", "c"]}, ["a", "b", "c", "timeout"]),
    ],
)
def test_every_decision_is_a_way_on(config: dict[str, Any], ports: list[str]) -> None:
    assert ports_of(TYPES["review"].node_type, node("r", config=config)) == ports


@pytest.mark.parametrize(
    "decisions", [[], ["a", "a"], ["timeout"], ["ok", "failure"], ["two words"], [""], "approve", None]
)
async def test_decisions_are_names_of_ports(nodes: Nodes, decisions: Any) -> None:
    failure = await nodes.failure("review", asked(decisions=decisions), trigger={"amount": 1})
    assert failure.code == "invalid_config"
    assert "config.decisions" in failure.message


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({}, "invalid_config"),
        ({"title": "t", "assignees": "ann"}, "invalid_config"),
        ({"title": "t", "timeout_s": 0}, "invalid_config"),
        ({"title": "t", "form": {"type": "txt"}}, "invalid_schema"),
    ],
)
async def test_what_cannot_be_asked_is_told(nodes: Nodes, config: dict[str, Any], code: str) -> None:
    assert (await nodes.failure("review", config)).code == code


async def test_in_a_dry_run_nobody_decides(nodes: Nodes) -> None:
    assert (await nodes.failure("review", {"title": "t"}, dry=True)).code == "not_mocked"


async def test_it_may_take_long() -> None:
    assert TYPES["review"].node_type.waits
