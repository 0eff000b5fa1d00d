from tests.contract.nodes import Nodes


async def test_the_input_is_handed_on(nodes: Nodes) -> None:
    given = {"a": [1, "two", None, {"three": 3.5}]}
    assert await nodes.output("noop", {"input": "{{ nodes.before }}"}, before=given) == given


async def test_branches_meet(nodes: Nodes) -> None:
    assert await nodes.output("noop", {"input": "{{ [nodes.a, nodes.b] }}"}, a=1, b=2) == [1, 2]


async def test_without_input_it_hands_on_null(nodes: Nodes) -> None:
    assert await nodes.output("noop", {}) is None
