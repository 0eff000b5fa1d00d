from typing import Any

import pytest

from tests.contract.nodes import Nodes

TOKENS = ["{{ nodes.one }}", "{{ nodes.other }}"]


@pytest.mark.parametrize("data", [None, 5, {"a": [1]}])
async def test_it_answers_with_what_the_last_state_gave(nodes: Nodes, data: Any) -> None:
    sent = {"one": {"data": "before", "next": "other"}, "other": {"data": data, "next": None}}
    assert await nodes.output("asl.end", {"from": TOKENS}, **sent) == data


async def test_it_can_be_told_from_a_failure(nodes: Nodes) -> None:
    sent = {"one": {"data": 1, "next": None}, "other": None}
    assert await nodes.output("asl.end", {"from": TOKENS, "wrapped": True}, **sent) == {"data": 1}
