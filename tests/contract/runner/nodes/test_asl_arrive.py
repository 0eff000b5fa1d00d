from typing import Any

import pytest

from tests.contract.nodes import Nodes

TOKENS = ["{{ nodes.one }}", "{{ nodes.other }}"]
CONFIG: dict[str, Any] = {"from": TOKENS, "into": ["a", "b", None], "again": ["a"]}


@pytest.mark.parametrize(("to", "again"), [("a", True), ("b", False), (None, False)])
async def test_it_tells_whether_there_is_another_turn(nodes: Nodes, to: str | None, *, again: bool) -> None:
    sent = {"one": {"data": 1, "next": "inside"}, "other": {"data": 2, "next": to}}
    found = await nodes.output("asl.arrive", CONFIG, **sent)
    assert found == {"data": 2, "next": to, "again": again}


async def test_without_a_token_it_fails(nodes: Nodes) -> None:
    failure = await nodes.failure("asl.arrive", CONFIG, one=None, other={"code": "x", "message": "failed"})
    assert failure.code == "asl_no_token"
