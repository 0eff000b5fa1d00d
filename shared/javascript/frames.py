"""Messages on a pipe: four bytes of length, then as many of content."""

from typing import BinaryIO

LENGTH_BYTES = 4


def frame(content: bytes) -> bytes:
    """A message as it travels."""
    return len(content).to_bytes(LENGTH_BYTES) + content


def write_frame(pipe: BinaryIO, content: bytes) -> None:
    """Send a message and wait until the other side has taken it over."""
    pipe.write(frame(content))
    pipe.flush()


def read_frame(pipe: BinaryIO) -> bytes | None:
    """The next message; None when the other side has closed the pipe."""
    length = pipe.read(LENGTH_BYTES)
    return pipe.read(int.from_bytes(length)) if len(length) == LENGTH_BYTES else None
