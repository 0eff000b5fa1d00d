from typing import Any

import pytest

from tests.contract.nodes import Nodes

TRIGGER = {"name": "Ann", "n": 3, "none": None, "list": [1, "é"], "yes": True}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hello {{ trigger.name }}, {{ trigger.n + 1 }} times", "Hello Ann, 4 times"),
        ("{{ trigger.name }}", "Ann"),
        ("{{ trigger.n }}", "3"),
        ("{{ trigger.none }}", ""),
        ("{{ trigger.yes }}", "true"),
        ("{{ trigger.list }}", '[1,"é"]'),
        ("a {{ trigger.none }}|{{ trigger.yes }}|{{ trigger.list }}", 'a |true|[1,"é"]'),
        ("", ""),
        ("no gaps { here }", "no gaps { here }"),
        ("{% for x in y %}{{ trigger.n }}{% endfor %}", "{% for x in y %}3{% endfor %}"),
    ],
)
async def test_gaps_are_filled(nodes: Nodes, template: str, text: str) -> None:
    assert await nodes.output("text.template", {"template": template}, trigger=TRIGGER) == text


@pytest.mark.parametrize("value", ["{{ 1 + 1 }}", "{{ nodes }}", "${x}"])
async def test_what_is_filled_in_is_not_read_again(nodes: Nodes, value: Any) -> None:
    assert await nodes.output("text.template", {"template": "<{{ trigger }}>"}, trigger=value) == f"<{value}>"


async def test_a_missing_name_is_told(nodes: Nodes) -> None:
    failure = await nodes.failure("text.template", {"template": "{{ trigger.nam }}"}, trigger=TRIGGER)
    assert failure.code.startswith("expression")
    assert "nam" in failure.message
