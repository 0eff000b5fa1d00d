"""What an error of the store means: away for now, without space to write, or a fault of ours."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteError,
)

T = TypeVar("T")

OUT_OF_DISK_SPACE = 14031
"""MongoDB's code for it."""
FULL = ("database or disk is full", "disk i/o error")
"""The embedded store passes SQLite's words on, under a code that says nothing."""


def is_full(error: BaseException) -> bool:
    """Whether the store cannot write for want of disk space, or because its disk fails. What it holds can
    still be read, and space may come back."""
    if isinstance(error, BulkWriteError):
        failed = error.details.get("writeErrors") or []
        return any(_says_full(each.get("code"), each.get("errmsg", "")) for each in failed)
    return isinstance(error, OperationFailure) and _says_full(error.code, str(error))


def cannot_be_reached(error: BaseException) -> bool:
    """Whether no answer has come: what was asked for may have been done or not."""
    return isinstance(error, ConnectionFailure) or (isinstance(error, PyMongoError) and error.timeout)


async def certainly(write: Callable[[], Awaitable[T]]) -> T:
    """The result of a write that does no harm when it is repeated: once more when its outcome is unknown.
    (The driver does that by itself for replica sets only.)"""
    try:
        return await write()
    except PyMongoError as error:
        if not isinstance(error, AutoReconnect) or isinstance(error, ServerSelectionTimeoutError):
            raise
    return await write()


def may_pass(error: BaseException) -> bool:
    """Whether asking again later can help; False for what the store will never take."""
    if is_full(error):
        return True
    if isinstance(error, BulkWriteError):
        return not error.details.get("writeErrors")
    return isinstance(error, PyMongoError) and not isinstance(error, WriteError | DocumentTooLarge)


def _says_full(code: int | None, message: str) -> bool:
    return code == OUT_OF_DISK_SPACE or any(each in message.lower() for each in FULL)
