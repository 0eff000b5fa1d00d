"""What errors of the store mean, in the words of both stores."""

from collections.abc import Awaitable, Callable

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DocumentTooLarge,
    DuplicateKeyError,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteError,
)

from shared.storage.trouble import cannot_be_reached, certainly, is_full, may_pass

EMBEDDED = "database or disk is full, full error: {'index': 0, 'code': 8}"
FULL = [
    WriteError(EMBEDDED, 8),
    WriteError("disk I/O error, full error: {...}", 8),
    BulkWriteError({"writeErrors": [{"index": 0, "code": 8, "errmsg": "disk I/O error"}]}),
    OperationFailure("not enough space", 14031),
    WriteError("not enough space", 14031),
    BulkWriteError({"writeErrors": [{"code": 11000, "errmsg": "dup"}, {"code": 14031, "errmsg": "space"}]}),
]
SILENT = [AutoReconnect("gone"), ServerSelectionTimeoutError("none"), NetworkTimeout("late")]
FOR_GOOD = [
    WriteError("the document is invalid", 121),
    DuplicateKeyError("there", 11000),
    BulkWriteError({"writeErrors": [{"code": 121, "errmsg": "invalid"}]}),
    DocumentTooLarge("too large"),
]


@pytest.mark.parametrize("error", FULL)
def test_a_full_disk_may_pass_but_is_no_lost_connection(error: PyMongoError) -> None:
    assert (is_full(error), may_pass(error), cannot_be_reached(error)) == (True, True, False)


@pytest.mark.parametrize("error", SILENT)
def test_a_store_without_an_answer_may_come_back(error: PyMongoError) -> None:
    assert (is_full(error), may_pass(error), cannot_be_reached(error)) == (False, True, True)


@pytest.mark.parametrize("error", FOR_GOOD)
def test_what_the_store_will_never_take_is_not_asked_again(error: PyMongoError) -> None:
    assert (is_full(error), may_pass(error), cannot_be_reached(error)) == (False, False, False)


def writing(*errors: PyMongoError) -> tuple[list[str], Callable[[], Awaitable[str]]]:
    """A write that fails with these, then succeeds; and what it was asked."""
    asked: list[str] = []
    left = list(errors)

    async def write() -> str:
        asked.append("once")
        if left:
            raise left.pop(0)
        return "written"

    return asked, write


async def test_a_write_of_unknown_outcome_is_made_once_more() -> None:
    asked, write = writing(AutoReconnect("cut"))
    assert await certainly(write) == "written"
    assert len(asked) == 2


@pytest.mark.parametrize("error", [ServerSelectionTimeoutError("none"), WriteError("invalid", 121)])
async def test_what_was_not_written_is_told(error: PyMongoError) -> None:
    asked, write = writing(error)
    with pytest.raises(type(error)):
        await certainly(write)
    assert len(asked) == 1


async def test_twice_is_enough() -> None:
    asked, write = writing(AutoReconnect("cut"), AutoReconnect("cut"))
    with pytest.raises(AutoReconnect):
        await certainly(write)
    assert len(asked) == 2
