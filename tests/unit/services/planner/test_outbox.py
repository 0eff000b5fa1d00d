"""Which mock a node answers with."""

import pytest

from services.planner.outbox import mock_of
from shared.contracts.graph import Node
from shared.contracts.run import NodeState
from shared.contracts.version import FrozenNode
from tests.builders import run

FROZEN = FrozenNode(pool="core", ports=["out"], side_effects="none", mocks=["0", "1", "2", "3", "4"])


@pytest.mark.parametrize(
    ("run_id", "attempt", "answer"),
    [
        ("run_1", 1, "0"),
        ("run_1", 3, "2"),
        ("run_1", 9, "4"),
        ("run_1.each.3", 1, "3"),
        ("run_1.each.2", 2, "3"),
        ("run_1.again.0-3", 1, "2"),
        ("run_1.each.1.turn.2", 1, "3"),
        ("run_1.t.finally", 1, "0"),
    ],
)
def test_each_begun_body_answers_with_the_next_mock(run_id: str, attempt: int, answer: str) -> None:
    state = {"n": NodeState(attempt=attempt)}
    begun = run(run_id).model_copy(update={"nodes": state})
    assert mock_of(begun, Node(id="n", type="t"), FROZEN) == answer
