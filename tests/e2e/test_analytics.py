"""Runs show in the figures seconds after they have finished."""

import asyncio
from typing import Any

from tests.e2e.client import Weft, graph, node


async def figures(weft: Weft, what: str, workflow_id: str) -> Any:
    status, found = await weft.call("GET", f"/analytics/{what}?workflow_id={workflow_id}")
    assert status == 200, found
    return found


async def counted(weft: Weft, workflow_id: str) -> int:
    return (await figures(weft, "summary", workflow_id))["metrics"]["runs"]["value"]


async def test_runs_show_in_the_figures_once_each(weft: Weft) -> None:
    of = graph(
        [
            node(
                "each",
                "map",
                {"items": "{{ trigger }}", "graph": graph([node("a"), node("b", "hash", HASH)], "a > b")},
            ),
            node("end", "fail", {"message": "no", "code": "no_luck"}),
        ],
        "each > end",
    )
    _, workflow = await weft.call("POST", "/workflows", {"name": "Counted", "graph": of})
    await weft.call("POST", f"/workflows/{workflow['id']}/versions", {})
    path = f"/workflows/{workflow['id']}/runs?wait=60"
    ended = await asyncio.gather(*(weft.call("POST", path, {"input": [1, 2, 3]}) for _ in range(4)))
    assert {run["status"] for _, run in ended} == {"failed"}
    async with asyncio.timeout(60):
        while await counted(weft, workflow["id"]) < 4:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.1)
    metrics = (await figures(weft, "summary", workflow["id"]))["metrics"]
    assert (metrics["runs"]["value"], metrics["failed"]["value"], metrics["success_rate"]["value"]) == (
        4,
        4,
        0,
    )
    [error] = (await figures(weft, "errors", workflow["id"]))["items"]
    assert (error["code"], error["count"]) == ("no_luck", 4)
    assert error["run_id"] in {run["id"] for _, run in ended}
    nodes = {each["type"]: each["count"] for each in (await figures(weft, "nodes", workflow["id"]))["items"]}
    assert nodes == {"map": 4, "noop": 12, "hash": 12, "fail": 4}
    [row] = (await figures(weft, "workflows", workflow["id"]))["items"]
    assert (row["name"], row["runs"]) == ("Counted", 4)


HASH = {"value": "{{ item }}"}
