"""Dry runs of real graphs, over HTTP and as `python -m services test`."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.e2e.client import Body, Weft, graph, http, node, values
from tests.e2e.test_commands import running
from tests.http_server import Server

TESTS = Path(__file__).parents[2] / "examples" / "tests"
FILES = sorted(TESTS.glob("*.yaml"))
pytestmark = pytest.mark.timeout(240)


async def dry(weft: Weft, of: Body, mocks: Body, given: Any = None) -> Body:
    """A dry run, at its end."""
    body = {"graph": of, "input": given, "dry": True, "mocks": mocks}
    status, run = await weft.call("POST", "/runs?wait=60", body)
    assert status == 200, run
    return run


async def test_mocks_answer_attempt_by_attempt_and_nothing_is_called(weft: Weft, target: Server) -> None:
    retried = {"max_attempts": 5, "initial_s": 0, "jitter": 0, "on": ["timeout"]}
    of = graph(
        [
            values("a", n=1),
            http("send", target.url("/echo"), "POST", retry=retried),
            values("b", n="{{ nodes.send.id + 1 }}"),
        ],
        "a > send > b",
    )
    late = {"failure": {"code": "timeout", "message": "late"}}
    run = await dry(weft, of, {"send": [late, late, {"id": 7}]})
    assert run["status"] == "succeeded", run["failure"]
    assert run["output"] == {"b": {"n": 8}}
    send = await weft.node(run["id"], "send")
    assert [each["status"] for each in send["attempts"]] == ["failed", "failed", "succeeded"]
    assert send["attempts"][-1]["output"] == {"id": 7}
    assert target.seen == []


async def test_a_mock_leaves_through_the_port_it_names(weft: Weft) -> None:
    of = graph([node("big", "condition", {"when": "{{ True }}"}), values("yes", n=1), values("no", n=2)],
               "big:true > yes", "big:false > no")  # fmt: skip
    run = await dry(weft, of, {"big": [{"port": "false", "output": {"when": False}}]})
    assert {name: each["status"] for name, each in run["nodes"].items()} == {
        "big": "succeeded", "yes": "skipped", "no": "succeeded",
    }  # fmt: skip


async def test_a_mocked_failure_fails_the_run_as_a_real_one_would(weft: Weft, target: Server) -> None:
    of = graph([http("send", target.url("/echo"), "POST"), values("b", n=1)], "send > b")
    run = await dry(weft, of, {"send": [{"failure": {"code": "http_409", "message": "there already"}}]})
    assert (run["status"], run["failure"]["code"], run["failure"]["node"]) == ("failed", "http_409", "send")
    assert run["nodes"]["b"]["status"] == "cancelled"


async def test_nodes_within_a_map_are_mocked_item_by_item(weft: Weft, target: Server) -> None:
    inner = [http("send", target.url("/echo"), "POST"), values("done", n="{{ nodes.send + item }}")]
    body = graph(inner, "send > done", output="{{ nodes.done.n }}")
    of = graph([node("each", "map", {"items": [1, 2, 3], "graph": body})], output="{{ nodes.each }}")
    run = await dry(weft, of, {"each.send": [10, 20]})
    assert run["status"] == "succeeded", run["failure"]
    assert run["output"] == [11, 22, 23]
    assert target.seen == []


async def test_a_wait_does_not_wait_and_a_review_is_mocked(weft: Weft) -> None:
    nodes = [node("later", "wait", {"seconds": 86_400}), node("ask", "review", {"title": "Fine?"}),
             values("sent", by="{{ nodes.ask.by }}"), values("dropped")]  # fmt: skip
    of = graph(nodes, "later > ask", "ask:approve > sent", "ask:reject > dropped")
    answer = {"decision": "approve", "data": None, "by": "Ada"}
    run = await dry(weft, of, {"ask": [{"port": "approve", "output": answer}]})
    assert run["status"] == "succeeded", run["failure"]
    assert run["output"] == {"sent": {"by": "Ada"}, "dropped": None}


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
async def test_the_cases_of_an_example_are_ok(tmp_path: Path, system: dict[str, Any], file: Path) -> None:
    report = tmp_path / "report.xml"
    address = ["--url", system["url"], "--api-key", system["api_key"], "--junit", str(report)]
    async with running(tmp_path / "weft", "test", str(file), *address) as tests:
        code, printed = await tests.ends()
    assert code == 0, printed
    suite = ElementTree.parse(report).getroot()[0]
    assert int(suite.attrib["tests"]) >= 2
    assert f"{suite.attrib['tests']} of {suite.attrib['tests']} cases ok, 0 failed" in printed


async def test_a_case_that_comes_to_something_else_shows_the_difference(
    tmp_path: Path, system: dict[str, Any]
) -> None:
    file = tmp_path / "sums.yaml"
    file.write_text(
        "graph: {nodes: [{id: sum, type: set, config: {values: {n: '{{ trigger.n + 1 }}'}}},"
        " {id: call, type: http.request, config: {url: 'http://nowhere.example'}}]}\n"
        "cases:\n"
        "  - {name: adds one, input: {n: 1}, mocks: {call: [1]}, expect: {nodes: {sum: {output: {n: 2}}}}}\n"
        "  - {name: adds two, input: {n: 1}, mocks: {call: [1]}, expect: {nodes: {sum: {output: {n: 3}}}}}\n"
        "  - {name: forgets a mock, input: {n: 1}}\n"
    )
    address = ["--url", system["url"], "--api-key", system["api_key"]]
    async with running(tmp_path / "weft", "test", str(file), *address) as tests:
        code, printed = await tests.ends()
    assert code == 1
    assert "  ok      adds one" in printed
    assert '-        "n": 3\n' in printed
    assert '+        "n": 2\n' in printed
    assert (
        printed.index("failed  adds two") < printed.index("--- expected") < printed.index("failed  forgets")
    )
    assert "answered 422 not_mocked" in printed
    assert "1 of 3 cases ok, 2 failed" in printed


async def test_where_no_system_is_up_one_is_for_the_time_of_the_tests(tmp_path: Path) -> None:
    async with running(tmp_path / "weft", "test", str(TESTS / "lead-scoring.yaml")) as tests:
        code, printed = await tests.ends()
    assert code == 0, printed
    assert printed.index("starting RabbitMQ") < printed.index("3 of 3 cases ok") < printed.index("stopping")
