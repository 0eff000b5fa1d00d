from typing import Any

import pytest

from tests.contract.nodes import Nodes


async def test_it_says_what_the_caller_gets(nodes: Nodes) -> None:
    config = {
        "status": "{{ trigger.status }}",
        "headers": {"X-Order": "7"},
        "body": {"id": "{{ trigger.id }}"},
    }
    answer = await nodes.output("webhook.respond", config, trigger={"status": 201, "id": 7})
    assert answer == {"status": 201, "headers": {"x-order": "7"}, "body": {"id": 7}}


async def test_without_config_it_answers_with_nothing(nodes: Nodes) -> None:
    assert await nodes.output("webhook.respond", {}) == {"status": 200, "headers": {}, "body": None}


@pytest.mark.parametrize(
    "config",
    [
        {"status": 99},
        {"status": 600},
        {"headers": {"Set-Cookie": "a=b"}},
        {"headers": {"Content-Length": "1"}},
        {"headers": {"x-a": "b\r\nset-cookie: a=b"}},
        {"headers": {"x a": "b"}},
    ],
)
async def test_what_must_not_be_sent_fails_the_node(nodes: Nodes, config: dict[str, Any]) -> None:
    assert (await nodes.failure("webhook.respond", config)).code == "invalid_config"
