from typing import Any

import pytest

from tests.contract.nodes import Nodes


async def test_it_fails_as_told(nodes: Nodes) -> None:
    config = {"code": "no_stock", "message": "{{ trigger.sku }} is sold out"}
    failure = await nodes.failure("fail", config, trigger={"sku": "A-1"})
    assert (failure.code, failure.message, failure.retryable) == ("no_stock", "A-1 is sold out", False)


async def test_it_fails_without_being_told_how(nodes: Nodes) -> None:
    failure = await nodes.failure("fail", {})
    assert failure.code == "failed"
    assert failure.message


async def test_codes_that_pass_may_be_tried_again(nodes: Nodes) -> None:
    assert (await nodes.failure("fail", {"code": "unavailable"})).retryable


@pytest.mark.parametrize(
    ("message", "said"), [({"why": 1}, '{"why":1}'), (None, ""), (7, "7"), ("x" * 9000, "x" * 4000)]
)
async def test_any_value_can_be_the_message(nodes: Nodes, message: Any, said: str) -> None:
    assert (await nodes.failure("fail", {"message": "{{ trigger }}"}, trigger=message)).message == said


@pytest.mark.parametrize("code", ["", "two words", "x" * 101, None, "a\n"])
async def test_a_code_is_one_short_word(nodes: Nodes, code: Any) -> None:
    assert (await nodes.failure("fail", {"code": code})).code == "invalid_config"
