"""One workspace's flood, and another's few runs."""

from collections import Counter
from typing import Any

from bench.crowd import crowded
from shared.storage.mongo import Store
from tests.e2e.client import graph, values

FLOOD, FEW = 1_500, 60
LINE = graph([values("a", n=1), values("b", n=2), values("c", n=3)], "a > b > c")


async def test_a_few_runs_do_not_wait_behind_another_workspaces_flood(
    system: dict[str, Any], system_store: Store
) -> None:
    """Sharing by halves, they take at most twice as long as alone: while they are carried, no more of the
    flood than of them is, but for what was begun before they came."""
    async with crowded(system["amqp_url"], system_store) as crowd:
        await crowd.begin("flooding", FLOOD, LINE)
        few = await crowd.begin("few", FEW, LINE)
        before = len(crowd.ended)
        await crowd.end(few, within_s=60)
        meanwhile = Counter(each.workspace_id for each in crowd.ended[before:])
        left = FLOOD - sum(each.workspace_id == "flooding" for each in crowd.ended)
    assert left > 3 * FEW, "they did not come beside a flood"
    assert meanwhile["flooding"] < 200 + FEW, meanwhile
