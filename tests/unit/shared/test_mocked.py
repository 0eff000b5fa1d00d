from typing import Any

import pytest

from shared.contracts.failure import Failure
from shared.contracts.value import to_json
from shared.mocked import mocked
from shared.nodes import NodeFailed, Routed


@pytest.mark.parametrize(
    ("mock", "answer"),
    [
        ({"output": {"a": 1}}, Routed("out", {"a": 1})),
        ({"output": None}, Routed("out", None)),
        ({"output": 1, "port": "true"}, Routed("true", 1)),
    ],
)
def test_an_output_leaves_through_its_port(mock: Any, answer: Routed) -> None:
    assert mocked(to_json(mock)) == answer


@pytest.mark.parametrize(
    ("failure", "retryable"),
    [
        ({"code": "timeout"}, True),
        ({"code": "http_404"}, False),
        ({"code": "http_404", "retryable": True}, True),
        ({"code": "timeout", "retryable": False}, False),
    ],
)
def test_whether_a_failure_may_pass_follows_from_its_code_unless_it_is_said(
    failure: dict[str, Any], retryable: bool
) -> None:
    found = mocked(to_json({"failure": {"message": "no", "details": {"node": "b", "status": 4}, **failure}}))
    assert isinstance(found, Failure)
    assert (found.code, found.message, found.retryable) == (failure["code"], "no", retryable)
    assert found.details == {"node": "b", "status": 4}


@pytest.mark.parametrize(
    "mock", [[], {"failure": "no"}, {"failure": {}}, {"output": 1, "port": "a b"}, {"answer": 1}, None]
)
def test_what_is_no_mock_is_told(mock: Any) -> None:
    with pytest.raises(NodeFailed, match="a mock is") as raised:
        mocked(to_json(mock))
    assert raised.value.failure.code == "invalid_mock"
