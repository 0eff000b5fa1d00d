"""Waiting for a run and following it: `?wait`, server-sent events, idempotency keys, pinned versions."""

import asyncio
from itertools import pairwise
from uuid import uuid4

from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.http_server import Server


def gated(target: Server) -> Body:
    return graph([values("a", n=1), http("gate", target.url("/gate/follow")), node("z")], "a > gate > z")


async def test_waiting_answers_202_until_the_run_has_finished(weft: Weft, target: Server) -> None:
    status, run = await weft.call("POST", "/runs?wait=0.2", {"graph": gated(target)})
    assert (status, run["status"] in ("queued", "running")) == (202, True)
    status, _ = await weft.call("GET", f"/runs/{run['id']}?wait=0.1")
    assert status == 202
    target.open("follow")
    status, run = await weft.call("GET", f"/runs/{run['id']}?wait=30")
    assert (status, run["status"]) == (200, "succeeded")


async def test_two_callers_wait_for_the_same_run(weft: Weft, target: Server) -> None:
    run_id = await weft.start(gated(target))
    waiting = [asyncio.create_task(weft.end(run_id)) for _ in range(2)]
    await weft.until(run_id, "node.started", node="gate")
    target.open("follow")
    first, second = await asyncio.gather(*waiting)
    assert first == second
    assert first["status"] == "succeeded"


async def test_the_stream_shows_every_event_live_and_ends_with_the_run(weft: Weft, target: Server) -> None:
    run_id = await weft.start(gated(target))
    seen: list[Body] = []
    async with weft.stream(run_id) as events, asyncio.timeout(30):
        async for each in events:
            seen.append(each)
            if each["type"] == "node.started":
                target.open("follow")  # whatever comes later was not there when the stream began
    assert [each["seq"] for each in seen] == list(range(1, len(seen) + 1))
    assert seen[0]["type"] == "run.started"
    ends = [each["type"] for each in seen if each["type"] in ("run.succeeded", "run.failed", "run.cancelled")]
    assert ends == ["run.succeeded"] == [seen[-1]["type"]]
    assert all(one["at"] <= other["at"] for one, other in pairwise(seen))
    assert seen == await weft.events(run_id)


async def test_a_stream_goes_on_after_the_last_event_received(weft: Weft, target: Server) -> None:
    run_id = await weft.start(gated(target))
    begun = await weft.until(run_id, "node.started", node="gate")
    target.open("follow")
    async with weft.stream(run_id, after=begun["seq"]) as events, asyncio.timeout(30):
        rest = [each async for each in events]
    assert rest == (await weft.events(run_id))[begun["seq"] :]
    async with weft.stream(run_id, after=2) as events:
        assert [each["seq"] async for each in events] == list(range(3, rest[-1]["seq"] + 1))


async def test_one_key_starts_one_run_however_often_it_is_sent(weft: Weft, target: Server) -> None:
    key, body = str(uuid4()), {"graph": gated(target), "input": {"n": 1}}
    asked = [weft.asked("POST", "/runs", body, headers={"Idempotency-Key": key}) for _ in range(5)]
    answers = await asyncio.gather(*asked)
    [run_id] = {run["id"] for _, run, _ in answers}
    target.open("follow")
    run = await weft.end(run_id)
    status, again, headers = await weft.asked("POST", "/runs", body, headers={"Idempotency-Key": key})
    assert (status, again) == (200, run)
    assert headers["Idempotent-Replayed"] == "true"
    other = {**body, "input": {"n": 2}}
    status, problem = await weft.call("POST", "/runs", other, headers={"Idempotency-Key": key})
    assert (status, problem["code"]) == (422, "idempotency_key_reused")
    assert target.paths == ["/gate/follow"]


async def test_a_run_keeps_to_its_version_while_the_draft_changes(weft: Weft, target: Server) -> None:
    first = graph([http("gate", target.url("/gate/follow")), values("say", text="one")], "gate > say")
    status, workflow = await weft.call("POST", "/workflows", {"name": "Pinned", "graph": first})
    assert status == 201
    path = f"/workflows/{workflow['id']}"
    assert (await weft.call("POST", f"{path}/versions"))[0] == 201
    status, run = await weft.call("POST", f"{path}/runs")
    assert (status, run["version"]) == (202, 1)
    await weft.until(run["id"], "node.started", node="gate")

    second = graph([values("say", text="two")])
    status, _ = await weft.call("PUT", path, {"rev": workflow["rev"], "graph": second})
    assert status == 200
    assert (await weft.call("POST", f"{path}/versions"))[0] == 201
    target.open("follow")
    assert (await weft.end(run["id"]))["output"] == {"say": {"text": "one"}}
    assert (await weft.call("POST", f"{path}/runs?wait=30"))[1]["output"] == {"say": {"text": "two"}}
    old = {"version": 1}
    assert (await weft.call("POST", f"{path}/runs?wait=30", old))[1]["output"] == {"say": {"text": "one"}}
