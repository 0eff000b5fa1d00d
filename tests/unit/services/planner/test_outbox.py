"""Which mock a node answers with."""

import pytest

from services.planner.outbox import mock_of
from shared.contracts.graph import Node
from shared.contracts.run import NodeState
from shared.contracts.version import FrozenNode
from tests.builders import run

FROZEN = FrozenNode(pool="core", ports=["out"], side_effects="none", mocks=["0", "1", "2", "3", "4"])


@pytest.mark.parametrize(
    ("attempt", "before", "answer"), [(1, 0, "0"), (3, 0, "2"), (9, 0, "4"), (1, 3, "3"), (2, 2, "3")]
)
def test_each_attempt_answers_with_the_next_mock(attempt: int, before: int, answer: str) -> None:
    changes = {"nodes": {"n": NodeState(attempt=attempt)}, "answered": {"n": before} if before else {}}
    begun = run("run_1").model_copy(update=changes)
    assert mock_of(begun, Node(id="n", type="t"), FROZEN) == answer
