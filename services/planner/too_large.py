"""What is too much for one output, as a failure."""

from collections.abc import Iterator
from contextlib import contextmanager

from shared.contracts.failure import Failure, failure
from shared.contracts.value import MAX_VALUE_BYTES
from shared.storage.joining import TooLarge


class OutputTooLarge(Exception):
    """An output that cannot be put together; `failure` is what becomes of the node or the run instead."""

    def __init__(self, found: Failure) -> None:
        super().__init__(found.message)
        self.failure = found


@contextmanager
def too_large(what: str, node_id: str | None = None) -> Iterator[None]:
    """What is joined within it belongs to that node's output, or the run's. Raises OutputTooLarge."""
    try:
        yield
    except TooLarge:
        said = f"{what} more than the {MAX_VALUE_BYTES:,} bytes that an output may have"
        raise OutputTooLarge(failure("output_too_large", said, node=node_id)) from None
