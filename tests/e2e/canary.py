"""Hunts a secret in everything that a system has written: its store, its files, its traces."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from pymongo import AsyncMongoClient


def written(secret: str) -> set[bytes]:
    """The ways to write it that are looked for; of base64 what stays the same wherever it begins."""
    raw = secret.encode()
    ends = {lead: slice(-(-lead * 8 // 6), (lead + len(raw)) * 8 // 6) for lead in range(3)}
    cores = [base64.b64encode(b"\0" * lead + raw)[end] for lead, end in ends.items()]
    safe = [core.replace(b"+", b"-").replace(b"/", b"_") for core in cores]
    texts = [secret, quote(secret), quote_plus(secret), json.dumps(secret)[1:-1], raw.hex()]
    return {*(each.encode() for each in texts), *cores, *safe}


def places(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file in the state folder but the vault's own."""
    for path in home.rglob("*"):
        if path.is_file() and path.name != "vault_keys":
            yield str(path.relative_to(home)), path.read_bytes()


async def documents(mongo_url: str) -> list[tuple[str, bytes]]:
    """Every document of the store, as JSON."""
    found: list[tuple[str, bytes]] = []
    async with AsyncMongoClient[dict[str, Any]](mongo_url) as client:
        database = client.get_default_database()
        for name in await database.list_collection_names():
            texts = [json.dumps(each, default=str) async for each in database[name].find({})]
            found.append((f"store:{name}", "\n".join(texts).encode()))
    return found
