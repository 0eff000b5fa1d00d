"""Triggers through the whole system: by the clock, after one another, run after run."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from ulid import ULID

from tests.e2e.client import Body, Weft, graph, node, values

FAILING = graph([node("no", "fail", {"message": "broken", "code": "broken"})])


async def published(weft: Weft, of: Body) -> str:
    """A workflow with one version."""
    _, made = await weft.call("POST", "/workflows", {"name": "Triggered", "graph": of})
    status, _ = await weft.call("POST", f"/workflows/{made['id']}/versions", {})
    assert status == 201
    return made["id"]


@asynccontextmanager
async def trigger(weft: Weft, workflow_id: str, config: Body, **more: Any) -> AsyncIterator[str]:
    """A trigger of the workflow, deleted afterwards."""
    body = {"workflow_id": workflow_id, "name": "Test", "config": config, **more}
    status, made = await weft.call("POST", "/triggers", body)
    assert status == 201, made
    yield made["id"]
    await weft.call("DELETE", f"/triggers/{made['id']}")


async def runs_of(weft: Weft, trigger_id: str, many: int) -> list[Body]:
    """The runs of a trigger that have finished, the oldest first, once there are so many."""

    async def found() -> list[Body] | None:
        _, page = await weft.call("GET", f"/triggers/{trigger_id}/runs?limit=100")
        ended = [each for each in page["items"] if each["finished_at"]]
        return ended[::-1] if len(ended) >= many else None

    return await until(found)


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What is found as soon as something is."""
    async with asyncio.timeout(60):
        while not (found := await look()):  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0.1)
    return found


def second_of(run_id: str) -> int:
    """The time that a scheduled run is for, whenever it was made."""
    return int(ULID.from_str(run_id.removeprefix("run_")).timestamp)


async def test_a_schedule_starts_one_run_a_second_at_its_times(weft: Weft) -> None:
    workflow_id = await published(weft, graph([values("out", at="{{ trigger.at }}")]))
    config = {"kind": "schedule", "cron": "* * * * * *", "timezone": "Europe/Berlin"}
    async with trigger(weft, workflow_id, config, mapping={"at": "scheduled_at"}) as trigger_id:
        runs = await runs_of(weft, trigger_id, 3)
    _, full = await weft.call("GET", f"/runs/{runs[1]['id']}")
    seconds = [second_of(each["id"]) for each in runs]
    planned = datetime.fromtimestamp(seconds[1], UTC)
    assert full["output"]["out"] == {"at": f"{planned:%Y-%m-%dT%H:%M:%S}.000Z"}
    assert full["trigger"] == {"kind": "schedule", "id": trigger_id, "by": None, "hops": 0}
    assert len(set(seconds)) == len(seconds)


async def test_a_workflow_starts_after_anothers_failure_with_what_went_wrong(weft: Weft) -> None:
    broken = await published(weft, FAILING)
    mender = await published(weft, graph([values("out", why="{{ trigger.why }}")]))
    config = {"kind": "workflow", "workflow_id": broken, "on": "failure"}
    mapping = {"why": "run.failure.message", "run": "run.id"}
    async with trigger(weft, mender, config, mapping=mapping) as trigger_id:
        _, run = await weft.call("POST", f"/workflows/{broken}/runs?wait=20", {})
        [after] = await runs_of(weft, trigger_id, 1)
    _, full = await weft.call("GET", f"/runs/{after['id']}")
    assert full["input"]["run"] == run["id"]
    assert full["output"]["out"] == {"why": run["failure"]["message"]}
    assert full["trigger"]["hops"] == 1


async def test_workflows_that_follow_each_other_end_after_five(weft: Weft) -> None:
    ping, pong = await published(weft, graph([node("a")])), await published(weft, graph([node("b")]))
    async with (
        trigger(weft, pong, {"kind": "workflow", "workflow_id": ping, "on": "any"}) as to_pong,
        trigger(weft, ping, {"kind": "workflow", "workflow_id": pong, "on": "any"}) as to_ping,
    ):
        await weft.call("POST", f"/workflows/{ping}/runs", {})

        async def told() -> bool:
            _, found = await weft.call("GET", f"/triggers/{to_ping}")
            return bool(found["failure"]) and found["failure"]["code"] == "circle"

        await until(told)
        assert (len(await runs_of(weft, to_pong, 3)), len(await runs_of(weft, to_ping, 2))) == (3, 2)


async def test_run_after_run_until_three_have_failed(weft: Weft) -> None:
    workflow_id = await published(weft, FAILING)
    async with trigger(weft, workflow_id, {"kind": "continuous", "stop_after_failures": 2}) as trigger_id:

        async def stopped() -> Body | None:
            _, found = await weft.call("GET", f"/triggers/{trigger_id}")
            return None if found["active"] else found

        found = await until(stopped)
        assert (found["failure"]["code"], found["failures"]) == ("stopped", 2)
        assert "broken" in found["failure"]["message"]
        first, second = await runs_of(weft, trigger_id, 2)
        assert first["finished_at"] <= second["created_at"]
        _, resumed = await weft.call("POST", f"/triggers/{trigger_id}/resume")
        assert (resumed["active"], resumed["failure"], resumed["failures"]) == (True, None, 0)
        assert len(await runs_of(weft, trigger_id, 4)) == 4


async def test_a_schedule_leaves_out_and_doubles_no_second_when_the_planner_is_killed(weft: Weft) -> None:
    workflow_id = await published(weft, graph([node("a")]))
    config = {"kind": "schedule", "cron": "* * * * * *", "missed": "all"}  # however long the planner takes
    async with trigger(weft, workflow_id, config) as trigger_id:
        await runs_of(weft, trigger_id, 1)
        killed = weft.kill("planner")
        await weft.back("planner", killed)
        many = 2 + len(await runs_of(weft, trigger_id, 2))
        await runs_of(weft, trigger_id, many)
    _, page = await weft.call("GET", f"/runs?limit=200&trigger_id={trigger_id}")
    seconds = [second_of(each["id"]) for each in page["items"]][::-1]
    assert seconds == list(range(seconds[0], seconds[0] + len(seconds)))
