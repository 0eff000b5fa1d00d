from typing import Any

import pytest

from shared.contracts.value import from_json
from tests.contract.nodes import TYPES, Nodes


async def test_another_workflow_is_run_on_an_input(nodes: Nodes) -> None:
    config = {"workflow_id": "wf_{{ trigger.n }}", "version": 3, "input": {"n": "{{ trigger.n }}"}}
    directive = await nodes.directive("workflow.run", config, trigger={"n": 7})
    assert (directive.shape, directive.workflow_id, directive.version) == ("workflow", "wf_7", 3)
    assert from_json(directive.item.json_text) == {"n": 7}
    assert directive.wait is True


async def test_left_out_it_is_the_latest_version_on_an_empty_input(nodes: Nodes) -> None:
    directive = await nodes.directive("workflow.run", {"workflow_id": "wf_1", "wait": False})
    assert (directive.version, directive.item.json_text, directive.wait) == (None, "{}", False)


@pytest.mark.parametrize("config", [{}, {"workflow_id": ""}, {"workflow_id": "wf_1", "version": 0}])
async def test_it_must_be_said_which(nodes: Nodes, config: dict[str, Any]) -> None:
    assert (await nodes.failure("workflow.run", config)).code == "invalid_config"


async def test_a_dry_run_starts_no_other_workflow(nodes: Nodes) -> None:
    failure = await nodes.failure("workflow.run", {"workflow_id": "wf_1"}, dry=True)
    assert failure.code == "not_mocked"
    assert "mocks.tested" in failure.message


async def test_it_may_take_long() -> None:
    assert TYPES["workflow.run"].node_type.waits
