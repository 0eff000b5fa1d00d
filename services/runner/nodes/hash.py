"""Fingerprint a value."""

import base64
import hashlib
from typing import Any, Literal

import orjson
from pydantic import Field

from services.runner.nodes._values import described
from shared.nodes import Context, NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """What to fingerprint and how."""

    value: Any = Field(
        description="Text is hashed as UTF-8; anything else as compact JSON with its keys in order."
    )
    algorithm: Literal["sha256", "sha512", "blake2b", "sha1", "md5"] = Field(
        "sha256", description="md5 and sha1 are there to compare with other systems, not to protect anything."
    )
    encoding: Literal["hex", "base64"] = Field("hex", description="How the digest is written.")


@node("hash", title="Hash", category="data", icon="fingerprint")
async def hash_value(config: Config, context: Context) -> str:
    """Work out the digest of a value, the same for equal values."""
    digest = hashlib.new(config.algorithm, _bytes_of(config.value), usedforsecurity=False).digest()
    return digest.hex() if config.encoding == "hex" else base64.b64encode(digest).decode()


def _bytes_of(value: Any) -> bytes:
    try:
        if isinstance(value, str):
            return value.encode()
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, UnicodeEncodeError) as error:
        raise NodeFailed("invalid_input", f"{described(value)} cannot be hashed: {error}.") from error
