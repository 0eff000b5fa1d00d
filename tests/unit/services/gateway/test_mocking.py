"""What takes the place of nodes in a dry run, and what a dry run is refused for."""

from typing import Any

import orjson
import pytest

from services.gateway.errors import Refused
from services.gateway.mocking import MAX_MOCK_BYTES, Dry, dry_run, mocked
from shared.contracts.graph import Graph
from shared.contracts.version import FrozenNode


def pure(*ports: str, **more: Any) -> FrozenNode:
    """A node that touches nothing."""
    return FrozenNode(pool="core", ports=list(ports) or ["out"], side_effects="none", **more)


def call(**more: Any) -> FrozenNode:
    """A node that calls somebody."""
    return FrozenNode(
        pool="http", ports=["out"], side_effects="once", references=["a"], roots=["vars"], **more
    )


def graph(*nodes: Any, **pinned: Any) -> Graph:
    """Nodes by `id` or `id:type`; containers as `(id, {field: [ids]})`."""
    made: list[dict[str, Any]] = []
    for each in nodes:
        name, bodies = each if isinstance(each, tuple) else (each, {})
        node_id, _, node_type = name.partition(":")
        config = {
            field: {"nodes": [{"id": one, "type": "t"} for one in ids]} for field, ids in bodies.items()
        }
        policy = {"pinned_output": pinned[node_id]} if node_id in pinned else {}
        made.append({"id": node_id, "type": node_type or "t", "config": config, "policy": policy})
    return Graph.model_validate({"nodes": made})


def answers(node: FrozenNode) -> list[Any]:
    """What a node answers, an entry an attempt."""
    return [orjson.loads(text) for text in node.mocks]


def faults(graph: Graph, frozen: dict[str, FrozenNode], mocks: Any, code: str) -> list[tuple[str, str, str]]:
    """Path, code and message of all that the dry run is refused for."""
    with pytest.raises(Refused) as refused:
        mocked(graph, frozen, Dry(mocks))
    assert refused.value.code == code
    return [(each["path"], each["code"], each["message"]) for each in refused.value.errors]


def test_a_mocked_node_is_bound_to_nothing_outside() -> None:
    frozen = mocked(graph("a", "send"), {"a": pure(), "send": call()}, Dry({"send": [{"id": 7}]}))
    assert frozen["a"] == pure()
    assert (frozen["send"].pool, frozen["send"].side_effects, frozen["send"].light) == ("core", "none", True)
    assert (frozen["send"].references, frozen["send"].roots) == ([], [])
    assert answers(frozen["send"]) == [{"output": {"id": 7}}]


@pytest.mark.parametrize(
    ("entry", "answer"),
    [
        (None, {"output": None}),
        ({"port": "b"}, {"output": {"port": "b"}}),
        ({"port": "b", "output": 1, "more": 2}, {"output": {"port": "b", "output": 1, "more": 2}}),
        ({"failure": {"code": "x"}, "more": 1}, {"output": {"failure": {"code": "x"}, "more": 1}}),
        ({"port": "b", "output": {"failure": 1}}, {"port": "b", "output": {"failure": 1}}),
        ({"failure": {"code": "timeout"}}, {"failure": {"code": "timeout"}}),
        (
            {"failure": {"code": "x", "message": "m", "retryable": False, "details": {"status": 504}}},
            {"failure": {"code": "x", "message": "m", "retryable": False, "details": {"status": 504}}},
        ),
    ],
)
def test_an_entry_is_an_output_unless_it_has_just_the_keys_of_another_kind(entry: Any, answer: Any) -> None:
    assert answers(mocked(graph("a"), {"a": pure("out", "b")}, Dry({"a": [entry]}))["a"]) == [answer]


def test_entries_stay_in_the_order_of_attempts() -> None:
    given = [{"failure": {"code": "timeout"}}, 1, 2]
    first, *rest = answers(mocked(graph("a"), {"a": call()}, Dry({"a": given}))["a"])
    assert first["failure"]["code"] == "timeout"
    assert rest == [{"output": 1}, {"output": 2}]


@pytest.mark.parametrize(
    ("mocks", "found"),
    [
        ({"fetsh": [1]}, ("mocks.fetsh", "unknown_node", "there is no node `fetsh`; did you mean `fetch`?")),
        ({"each.fetch": [1]}, ("mocks.each.fetch", "unknown_node", "there is no node `each.fetch`")),
        ({"fetch": []}, ("mocks.fetch", "empty", "a mock needs an entry at least, one for each attempt")),
        (
            {"fetch": [1, {"port": "maybe", "output": 1}]},
            ("mocks.fetch[1]", "wrong_port", "there is no port `maybe`; `fetch` has `out`"),
        ),
        (
            {"big": [True]},
            (
                "mocks.big[0]",
                "wrong_port",
                '`big` has `true`, `false`: say which it takes, with {"port": "true", "output": ...}',
            ),
        ),
        ({"fetch": [{"failure": "no"}]}, ("mocks.fetch[0]", "invalid", None)),
        (
            {"fetch": [{"failure": {"message": "no"}}]},
            ("mocks.fetch[0]", "invalid", "failure.code: field required"),
        ),
        (
            {"fetch": [{"failure": {"code": "x", "node": "y"}}]},
            ("mocks.fetch[0]", "invalid", "failure.node: extra inputs are not permitted"),
        ),
        ({"fetch": ["x" * MAX_MOCK_BYTES]}, ("mocks", "too_large", None)),
    ],
)
def test_mocks_that_cannot_be_used_are_told_with_their_place(mocks: Any, found: tuple[Any, ...]) -> None:
    frozen = {"fetch": call(), "big": pure("true", "false")}
    [(path, code, message)] = faults(graph("fetch", "big"), frozen, mocks, "invalid_mocks")
    assert (path, code) == found[:2]
    assert found[2] is None or message.startswith(found[2])


def test_all_faults_are_told_at_once_but_not_without_end() -> None:
    mocks = {f"n{number}": [1] for number in range(2000)}
    assert len(faults(graph("a"), {"a": pure()}, mocks, "invalid_mocks")) == 500


def test_whatever_would_touch_something_outside_must_be_mocked() -> None:
    nested = graph("a", "send", "other:workflow.run", ("each", {"graph": ["b", "post"], "finally": ["post"]}))
    inner = {"graph": {"b": pure(), "post": call()}, "finally": {"post": call()}}
    frozen = {"a": pure(), "send": call(), "other": pure(), "each": pure(bodies=inner)}
    told = faults(nested, frozen, {"each.post": [1]}, "not_mocked")
    assert [each[:2] for each in told] == [
        ("nodes[1]", "not_mocked"),
        ("nodes[2]", "not_mocked"),
        ("nodes[3].config.finally.nodes[0]", "not_mocked"),
    ]
    assert told[2][2].endswith("mocks.each.finally.post = [output]")


def test_nodes_within_containers_are_mocked_by_their_path() -> None:
    nested = graph(("each", {"graph": ["b", "post"], "finally": ["post"]}))
    inner = {"graph": {"b": pure(), "post": call()}, "finally": {"post": call()}}
    mocks = {"each.post": [1, 2], "each.finally.post": [3]}
    bodies = mocked(nested, {"each": pure(bodies=inner)}, Dry(mocks))["each"].bodies
    assert answers(bodies["graph"]["post"]) == [{"output": 1}, {"output": 2}]
    assert answers(bodies["finally"]["post"]) == [{"output": 3}]
    assert bodies["graph"]["b"] == pure()


def test_what_is_within_a_mocked_container_needs_no_mock() -> None:
    frozen = {"each": pure(bodies={"graph": {"post": call()}}, waits=True)}
    each = mocked(graph(("each", {"graph": ["post"]})), frozen, Dry({"each": [[1, 2]]}))["each"]
    assert answers(each) == [{"output": [1, 2]}]
    assert not each.waits


def test_a_pinned_output_stands_in_where_there_is_no_mock() -> None:
    frozen = {"send": call(), "post": call()}
    pinned = graph("send", "post", send={"id": 1}, post={"id": 2})
    found = mocked(pinned, frozen, Dry({"post": [3]}))
    assert (answers(found["send"]), answers(found["post"])) == ([{"output": {"id": 1}}], [{"output": 3}])
    with pytest.raises(Refused, match=r"nodes\[0\]"):
        mocked(pinned, frozen, Dry({"post": [3]}, pins=False))


def test_mocks_are_for_dry_runs() -> None:
    assert dry_run(False, {}) is None
    assert dry_run(True, {}) == Dry({})
    with pytest.raises(Refused) as refused:
        dry_run(False, {"a": [1]})
    assert refused.value.code == "mocks_need_dry"


def test_a_node_within_a_container_may_be_named_alone_where_nobody_else_is() -> None:
    within = graph("a", ("each", {"graph": ["call", "b"]}), ("other", {"graph": ["b"]}))
    frozen = {
        "a": pure(),
        "each": pure(bodies={"graph": {"call": pure(), "b": pure()}}),
        "other": pure(bodies={"graph": {"b": pure()}}),
    }
    found = mocked(within, frozen, Dry({"call": [1]}))
    assert answers(found["each"].bodies["graph"]["call"]) == [{"output": 1}]
    assert [path for path, *_ in faults(within, frozen, {"b": [1]}, "invalid_mocks")] == ["mocks.b"]
