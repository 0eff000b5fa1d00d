from tests.contract.nodes import Nodes


async def test_it_leads_to_the_state_that_comes_next(nodes: Nodes) -> None:
    config = {"data": "{{ trigger }}", "next": "b", "ports": ["a", "b"]}
    assert await nodes.output("asl.enter", config, trigger=5) == {"data": 5, "next": "b", "map": None}
    assert await nodes.port("asl.enter", config, trigger=5) == "b"


async def test_where_a_machine_has_ended_a_port_says_so(nodes: Nodes) -> None:
    assert await nodes.port("asl.enter", {"data": 1, "next": None, "ports": ["a", "_end"]}) == "_end"
