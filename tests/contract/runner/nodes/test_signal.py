from typing import Any

import pytest

from services.runner.nodes import _waiting
from shared.contracts.directive import AwaitSignal
from shared.contracts.value import from_json
from shared.ids import now_ms
from tests.contract.nodes import TYPES, Nodes

SCHEMA = {"type": "object", "required": ["paid"], "properties": {"paid": {"type": "boolean"}}}


async def test_it_waits_for_any_call_for_as_long_as_it_takes(nodes: Nodes) -> None:
    assert await nodes.directive("signal", {}) == AwaitSignal()


async def test_it_waits_for_a_call_that_fits_and_not_for_ever(nodes: Nodes) -> None:
    before = now_ms()
    directive = await nodes.directive("signal", {"schema": SCHEMA, "timeout_s": "{{ trigger }}"}, trigger=90)
    assert from_json(directive.form) == SCHEMA
    assert before <= directive.timeout_at - 90_000 <= now_ms()


@pytest.mark.parametrize("schema", [{"type": "txt"}, {"$ref": "#/$defs/none"}, {"required": "paid"}])
async def test_a_schema_that_cannot_be_used_is_told_before_anybody_calls(nodes: Nodes, schema: Any) -> None:
    assert (await nodes.failure("signal", {"schema": schema})).code == "invalid_schema"


async def test_a_schema_lies_with_the_run_so_it_is_small(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_waiting, "MAX_FORM_BYTES", 20)
    failure = await nodes.failure("signal", {"schema": SCHEMA})
    assert failure.code == "invalid_schema"
    assert "20 may be" in failure.message


@pytest.mark.parametrize("timeout_s", [0, -1, 1e9, "soon"])
async def test_a_time_out_is_a_number_of_seconds_up_to_a_year(nodes: Nodes, timeout_s: Any) -> None:
    assert (await nodes.failure("signal", {"timeout_s": timeout_s})).code == "invalid_config"


async def test_in_a_dry_run_nobody_calls(nodes: Nodes) -> None:
    assert (await nodes.failure("signal", {}, dry=True)).code == "not_mocked"


async def test_it_has_a_way_on_for_when_nobody_calls() -> None:
    found = TYPES["signal"].node_type
    assert (found.ports, found.waits) == (["out", "timeout"], True)
