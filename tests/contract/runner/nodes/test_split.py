import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("items", "size", "output"),
    [
        ([1, 2, 3, 4, 5], 2, [[1, 2], [3, 4], [5]]),
        ([1, 2], 2, [[1, 2]]),
        ([1, 2], 99, [[1, 2]]),
        ([1, 2], 1, [[1], [2]]),
        ([], 3, []),
    ],
)
async def test_a_list_is_cut(nodes: Nodes, items: list[int], size: int, output: list[list[int]]) -> None:
    assert await nodes.output("split", {"items": items, "size": size}) == output


@pytest.mark.parametrize("size", [0, -1, 1.5, None, "two"])
async def test_a_piece_holds_at_least_one(nodes: Nodes, size: object) -> None:
    assert (await nodes.failure("split", {"items": [1], "size": size})).code == "invalid_config"
