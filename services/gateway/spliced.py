"""Answers with large values in them: those are sent piece by piece, and never held as a whole."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from secrets import token_hex

import orjson
from starlette.responses import Response, StreamingResponse

from services.gateway.present import Shown, Texts, json_response
from shared.contracts.value import Value
from shared.storage.payloads import Payloads

HELD_BYTES = 1_000_000
"""Values up to this size in all are simply put into the answer."""
SECRET = token_hex(16)
"""Nobody outside can write what stands for a value that is still to be put in."""
MARK = re.compile(rf'"{SECRET}:([0-9a-f]{{64}}):([0-9]+)"'.encode())


async def texts_of(payloads: Payloads, values: Sequence[Value]) -> Texts:
    """The texts of stored values, or, of the largest, what stands for them until `spliced` sends them.
    Raises LookupError when one is gone."""
    stored = {value.ref: value for value in values if value.ref}
    held: list[Value] = []
    marks: dict[str, str] = {}
    room = HELD_BYTES
    for ref, value in sorted(stored.items(), key=lambda item: item[1].size):
        room -= value.size
        if room >= 0:
            held.append(value)
        else:
            await payloads.piece_refs(ref)
            marks[ref] = f'"{SECRET}:{ref}:{value.size}"'
    return {**await payloads.texts(held), **marks}


def spliced(
    payloads: Payloads, body: Shown, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The body as JSON, with the values that are still to be put in."""
    raw = orjson.dumps(body)
    marks = list(MARK.finditer(raw))
    if not marks:
        return json_response(body, status, headers)
    size = len(raw) + sum(int(mark[2]) - len(mark[0]) for mark in marks)
    told = {**(headers or {}), "content-length": str(size)}
    return StreamingResponse(_sent(payloads, raw, marks), status, told, media_type="application/json")


async def _sent(payloads: Payloads, raw: bytes, marks: Sequence[re.Match[bytes]]) -> AsyncIterator[bytes]:
    end = 0
    for mark in marks:
        yield raw[end : mark.start()]
        async for piece in payloads.pieces(Value(ref=mark[1].decode(), size=int(mark[2]))):
            yield piece.encode()
        end = mark.end()
    yield raw[end:]
