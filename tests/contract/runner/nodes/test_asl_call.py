from tests.contract.nodes import Nodes


async def test_it_fails_and_says_what_to_do(nodes: Nodes) -> None:
    failure = await nodes.failure("asl.call", {"resource": "arn:aws:lambda:x", "input": 1})
    assert failure.code == "asl_no_counterpart"
    assert "arn:aws:lambda:x" in failure.message
    assert "mock it" in failure.message
