"""A person decides."""

import asyncio
from typing import Any

from tests.e2e.client import Weft, graph, node, values
from tests.waiting import LOOK_EVERY_S

FORM = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
CONFIG = {
    "title": "Publish {{ trigger.name }}?",
    "context": "{{ nodes.draft.text }}",
    "form": FORM,
    "assignees": ["ada"],
}
REVIEWED = graph(
    [
        values("draft", text="First draft"),
        node("check", "review", CONFIG),
        values("publish", text="{{ nodes.check.data.text }}", by="{{ nodes.check.by }}"),
        values("drop", dropped=True),
    ],
    "draft > check",
    "check:approve > publish",
    "check:reject > drop",
)


async def waiting(weft: Weft, of: Any = REVIEWED) -> str:
    """A run that waits for a decision."""
    run_id = await weft.start(of, {"name": "the news"})
    await weft.until(run_id, "node.suspended", node="check")
    return run_id


async def test_what_was_edited_and_approved_goes_on(weft: Weft) -> None:
    run_id = await waiting(weft)
    found = (await weft.node(run_id, "check"))["waiting"]
    assert (found["kind"], found["title"], found["context"]) == ("review", "Publish the news?", "First draft")
    assert (found["form"], found["assignees"]) == (FORM, ["ada"])
    assert found["decisions"] == ["approve", "reject"]
    [listed] = [each for each in (await weft.call("GET", "/reviews"))[1]["items"] if each["run_id"] == run_id]
    path = listed["decide_url"].partition("/workspaces/default")[2]
    status, problem = await weft.call("POST", path, {"decision": "approve", "data": {"text": 1}})
    assert (status, problem["code"], problem["errors"][0]["path"]) == (422, "invalid_data", "data.text")
    decision = {"decision": "approve", "data": {"text": "Second draft"}}
    status, check = await weft.call("POST", path, decision)
    assert (status, check["status"], check["port"]) == (200, "succeeded", "approve")
    run = await weft.end(run_id)
    assert run["output"]["publish"] == {"text": "Second draft", "by": "api"}
    assert run["nodes"]["drop"]["status"] == "skipped"
    output = (await weft.node(run_id, "check"))["attempts"][0]["output"]
    assert {**decision, "by": "api", "at": output["at"]} == output
    events = [each for each in await weft.events(run_id) if each.get("by") == "api"]
    assert [(each["type"], each["node"]) for each in events] == [
        ("node.succeeded", "check"),
        ("node.skipped", "drop"),
    ]
    assert not [each for each in (await weft.call("GET", "/reviews"))[1]["items"] if each["run_id"] == run_id]


async def test_of_many_decisions_one_counts(weft: Weft) -> None:
    run_id = await waiting(weft)
    decisions = [
        {"decision": "approve" if number % 2 else "reject", "data": {"text": str(number)}}
        for number in range(6)
    ]
    path = f"/runs/{run_id}/nodes/check/decide"
    answers = await asyncio.gather(*(weft.call("POST", path, each) for each in decisions))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409, 409]
    assert {body["code"] for status, body in answers if status == 409} == {"already_decided"}
    await weft.end(run_id)
    output = (await weft.node(run_id, "check"))["attempts"][0]["output"]
    first = decisions[[status for status, _ in answers].index(200)]
    assert {key: output[key] for key in first} == first
    assert (await weft.call("POST", path, first))[0] == 200, "the same again"


async def test_a_review_that_nobody_decides_times_out(weft: Weft) -> None:
    slow = graph(
        [node("check", "review", {"title": "Quick!", "timeout_s": 0.2}), values("late", late=True)],
        "check:timeout > late",
    )
    run = await weft.run(slow)
    assert (run["status"], run["nodes"]["check"]["port"]) == ("succeeded", "timeout")
    path = f"/runs/{run['id']}/nodes/check/decide"
    status, problem = await weft.call("POST", path, {"decision": "approve"})
    assert (status, problem["code"]) == (409, "too_late")


async def begun(weft: Weft, run_id: str) -> None:
    """Return once the child run is there: nothing announces it."""
    async with asyncio.timeout(30):
        while (await weft.call("GET", f"/runs/{run_id}"))[0] == 404:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY_S)


async def test_every_item_has_a_review_of_its_own(weft: Weft) -> None:
    body = graph([node("check", "review", {"title": "{{ item }}"})], output="{{ nodes.check.decision }}")
    each = {"items": "{{ trigger.names }}", "graph": body}
    run_id = await weft.start(graph([node("each", "map", each)]), {"names": ["one", "two"]})
    for key, decision in (("0", "approve"), ("1", "reject")):
        child = f"{run_id}.each.{key}"
        await begun(weft, child)
        await weft.until(child, "node.suspended", node="check")
        status, _ = await weft.call("POST", f"/runs/{child}/nodes/check/decide", {"decision": decision})
        assert status == 200
    assert (await weft.end(run_id))["output"] == {"each": ["approve", "reject"]}
