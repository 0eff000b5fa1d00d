from shared.contracts.directive import SpawnRuns
from tests.contract.nodes import TYPES, Nodes


async def test_the_body_is_run_once(nodes: Nodes) -> None:
    directive = await nodes.directive("try", {"graph": {}})
    assert isinstance(directive, SpawnRuns)
    assert (directive.shape, directive.finally_) == ("try", False)


async def test_it_tells_whether_something_is_to_be_run_at_the_end(nodes: Nodes) -> None:
    assert (await nodes.directive("try", {"graph": {}, "finally": {}})).finally_ is True
    assert (await nodes.directive("try", {"graph": {}, "finally": None})).finally_ is False


async def test_without_a_body_there_is_nothing_to_try(nodes: Nodes) -> None:
    failure = await nodes.failure("try", {"finally": {}})
    assert failure.code == "invalid_config"
    assert "config.graph" in failure.message


async def test_it_has_two_ways_on_and_two_bodies() -> None:
    found = TYPES["try"].node_type
    assert found.ports == ["out", "failure"]
    assert found.bodies == ["graph", "finally"]
