"""The inbox: what waits for a person."""

from typing import Any

from shared.contracts.value import inline
from tests.integration.gateway.api import Api, Planner

GRAPH = {"nodes": [{"id": "ask", "type": "review"}]}


def waiting(title: str) -> dict[str, Any]:
    """A review that waits."""
    given = inline(f'{{"title":"{title}"}}')
    suspended = {
        "directive": {"kind": "await_decision", "decisions": ["yes", "no"]},
        "input": given.model_dump(),
        "started_at": 0,
    }
    return {"status": "suspended", "attempt": 1, "suspended": suspended}


async def test_reviews_are_listed_until_they_are_decided(api: Api, planner: Planner) -> None:
    first, second = [await planner.started(api, GRAPH, ask=waiting(title)) for title in ("one", "two")]
    other = await planner.started(api, GRAPH)
    page = (await api.get("/reviews?status=waiting&limit=1")).body
    rest = (await api.get(f"/reviews?limit=1&cursor={page['next']}")).body
    found = [(each["run_id"], each["node"], each["title"]) for each in page["items"] + rest["items"]]
    assert found == [(second, "ask", "two"), (first, "ask", "one")]
    assert page["items"][0]["decisions"] == ["yes", "no"]
    assert page["items"][0]["decide_url"].endswith(f"/runs/{second}/nodes/ask/decide")
    await planner.save(first, "running", ask={"status": "succeeded", "port": "yes"})
    await planner.save(second, "cancelled", ask={"status": "cancelled"})
    left = (await api.get("/reviews")).body
    assert not {first, second, other} & {each["run_id"] for each in left["items"]}
    (await api.get("/reviews?status=done")).refused(422, "invalid_request")


async def test_a_review_in_a_child_run_is_listed(api: Api, planner: Planner) -> None:
    run_id = await planner.started(api, GRAPH, ask=waiting("inner"))
    run = (await planner.runs.load([run_id]))[run_id]
    child = run.model_copy(update={"id": f"{run_id}.each.0", "level": "child", "parent_id": run_id})
    assert await planner.runs.insert(child)
    await planner.save(run_id, "cancelled", ask={"status": "cancelled"})
    assert [each["run_id"] for each in (await api.get("/reviews")).body["items"]] == [child.id]
    await planner.save(child.id, "cancelled", ask={"status": "cancelled"})
