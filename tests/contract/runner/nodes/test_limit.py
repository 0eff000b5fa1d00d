from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"count": 2}, [1, 2]),
        ({"count": 2, "offset": 3}, [4, 5]),
        ({"count": 9, "offset": 4}, [5]),
        ({"count": 9, "offset": 9}, []),
        ({"count": 0}, []),
        ({"count": "{{ trigger.n }}"}, [1, 2, 3]),
        ({"count": 10**18, "offset": 0}, [1, 2, 3, 4, 5]),
    ],
)
async def test_a_stretch_is_kept(nodes: Nodes, config: Any, output: list[int]) -> None:
    items = "{{ trigger.items }}"
    assert (
        await nodes.output("limit", {"items": items, **config}, trigger={"items": [1, 2, 3, 4, 5], "n": 3})
        == output
    )


@pytest.mark.parametrize(
    "config",
    [{}, {"count": -1}, {"count": 1, "offset": -1}, {"count": 1.5}, {"count": "many"}, {"count": None}],
)
async def test_counts_are_whole_and_not_negative(nodes: Nodes, config: Any) -> None:
    assert (await nodes.failure("limit", {"items": [1], **config})).code == "invalid_config"
