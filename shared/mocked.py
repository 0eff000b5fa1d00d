"""What takes the place of a node that is mocked or has its output pinned."""

from typing import Any

from pydantic import Field, ValidationError

from shared.contracts.base import Contract, Json, PortName
from shared.contracts.failure import Detail, DetailName, Failure, failure
from shared.contracts.graph import OUT
from shared.contracts.value import from_json
from shared.nodes import NodeFailed, Routed


class _MockedFailure(Contract):
    """How the node fails; `retryable` follows from the code when it is left out."""

    code: str = Field(min_length=1)
    message: str = ""
    retryable: bool | None = None
    details: dict[DetailName, Detail] = Field(default_factory=dict, max_length=50)


class _Mock(Contract):
    """An output with its port, or a failure."""

    output: Any = None
    port: PortName = OUT
    failure: _MockedFailure | None = None


def mocked(text: Json) -> Routed | Failure:
    """What a mock (`{output, port?}` or `{failure: {code, message, retryable?, details?}}`) answers; raises
    NodeFailed `invalid_mock`."""
    try:
        mock = _Mock.model_validate(from_json(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "mock"
        said = f"a mock is {{output, port?}} or {{failure: {{code, message}}}}; {where}: {first['msg']}"
        raise NodeFailed("invalid_mock", said) from error
    if mock.failure is None:
        return Routed(mock.port, mock.output)
    found = failure(mock.failure.code, mock.failure.message)
    again = found.retryable if mock.failure.retryable is None else mock.failure.retryable
    return found.model_copy(update={"retryable": again, "details": mock.failure.details})
