"""Workflows that run other workflows."""

from typing import Any

from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.http_server import Server


async def published(weft: Weft, of: Body) -> str:
    """A workflow with one version."""
    status, workflow = await weft.call("POST", "/workflows", {"name": "inner", "graph": of})
    assert status == 201, workflow
    await publish(weft, workflow["id"])
    return workflow["id"]


async def publish(weft: Weft, workflow_id: str) -> None:
    status, version = await weft.call("POST", f"/workflows/{workflow_id}/versions", {})
    assert status == 201, version


async def save(weft: Weft, workflow_id: str, of: Body) -> None:
    """Save another draft."""
    _, workflow = await weft.call("GET", f"/workflows/{workflow_id}")
    body = {"rev": workflow["rev"], "graph": of}
    status, workflow = await weft.call("PUT", f"/workflows/{workflow_id}", body)
    assert status == 200, workflow


def calling(workflow_id: str, **more: Any) -> Body:
    """A graph that runs this workflow and answers with what it has answered."""
    call = node("call", "workflow.run", {"workflow_id": workflow_id, **more})
    return graph([call], output="{{ nodes.call }}")


async def test_the_latest_version_runs_unless_one_is_named(weft: Weft) -> None:
    of = graph([values("say", text="first {{ trigger.n }}")], output="{{ nodes.say.text }}")
    workflow_id = await published(weft, of)
    of["nodes"][0]["config"]["values"]["text"] = "second {{ trigger.n }}"
    await save(weft, workflow_id, of)
    given = {"n": "{{ trigger.n }}"}
    assert (await weft.run(calling(workflow_id, input=given), {"n": 1}))["output"] == "first 1"
    await publish(weft, workflow_id)
    assert (await weft.run(calling(workflow_id, input=given), {"n": 2}))["output"] == "second 2"
    assert (await weft.run(calling(workflow_id, input=given, version=1), {"n": 3}))["output"] == "first 3"


async def test_its_run_is_one_of_that_workflow_and_knows_where_it_comes_from(weft: Weft) -> None:
    workflow_id = await published(weft, graph([node("only")]))
    run = await weft.run(calling(workflow_id))
    _, child = await weft.call("GET", f"/runs/{run['id']}.call.0")
    assert (child["workflow_id"], child["version"], child["trigger"]) == (
        workflow_id,
        1,
        {"kind": "workflow", "id": None, "by": None, "hops": 0},
    )
    assert child["parent"] == {"run_id": run["id"], "node": "call", "key": "0", "attempt": 1}


async def test_one_that_is_not_waited_for_goes_on_by_itself(weft: Weft, target: Server) -> None:
    workflow_id = await published(weft, graph([http("call", target.url("/gate/alone"))]))
    run = await weft.run(calling(workflow_id, wait=False))
    assert run["status"] == "succeeded", run["failure"]
    child_id = run["output"]["run_id"]
    await weft.until(child_id, "node.started", node="call")
    target.open("alone")
    assert (await weft.end(child_id))["status"] == "succeeded"


async def test_its_failure_is_the_nodes_and_says_where(weft: Weft) -> None:
    workflow_id = await published(weft, graph([node("refuse", "fail", {"code": "unwanted"})]))
    found = (await weft.run(calling(workflow_id)))["failure"]
    assert (found["code"], found["node"], found["path"]) == ("unwanted", "call", "call.refuse")


async def test_what_is_not_there_fails_with_its_name(weft: Weft) -> None:
    draft = (await weft.call("POST", "/workflows", {"name": "draft", "graph": graph([node("only")])}))[1][
        "id"
    ]
    for workflow_id, more, said in (
        ("wf_none", {}, "wf_none"),
        (draft, {}, "publish its draft first"),
        (draft, {"version": 7}, "version 7"),
    ):
        found = (await weft.run(calling(workflow_id, **more)))["failure"]
        assert (found["code"], found["node"]) == ("not_found", "call")
        assert said in found["message"]


async def test_workflows_that_run_each_other_in_a_circle_are_refused(weft: Weft) -> None:
    first = await published(weft, graph([node("only")]))
    second = await published(weft, calling(first))
    await save(weft, first, calling(second))
    await publish(weft, first)
    _, run = await weft.call("POST", f"/workflows/{first}/runs?wait=60", {"input": {}})
    assert run["status"] == "failed", run
    assert run["failure"]["code"] == "workflow_cycle"
    assert run["failure"]["path"] == "call.call"
    assert f"{first} -> {second} -> {first}" in run["failure"]["message"]


async def test_a_line_of_workflows_may_be_five_long_but_no_longer(weft: Weft) -> None:
    line = [await published(weft, graph([values("say", n=1)], output="{{ nodes.say.n }}"))]
    for _ in range(5):
        line.append(await published(weft, calling(line[-1])))
    _, allowed = await weft.call("POST", f"/workflows/{line[4]}/runs?wait=60", {"input": {}})
    assert (allowed["status"], allowed["output"]) == ("succeeded", 1), allowed["failure"]
    _, refused = await weft.call("POST", f"/workflows/{line[5]}/runs?wait=60", {"input": {}})
    assert (refused["status"], refused["failure"]["code"]) == ("failed", "too_deep")
