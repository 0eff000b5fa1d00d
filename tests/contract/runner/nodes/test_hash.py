from typing import Any

import pytest

from tests.contract.nodes import Nodes


@pytest.mark.parametrize(
    ("config", "digest"),
    [
        ({"value": "abc"}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ({"value": ""}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ({"value": "abc", "algorithm": "md5"}, "900150983cd24fb0d6963f7d28e17f72"),
        ({"value": "abc", "algorithm": "sha1"}, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ({"value": "abc", "encoding": "base64"}, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
        ({"value": "é", "algorithm": "md5"}, "66ddcd97cfdeabb2f6fb8a999b4bc76f"),
    ],
)
async def test_known_digests(nodes: Nodes, config: Any, digest: str) -> None:
    assert await nodes.output("hash", config) == digest


@pytest.mark.parametrize(("algorithm", "characters"), [("sha256", 64), ("sha512", 128), ("blake2b", 128)])
async def test_every_algorithm_has_its_length(nodes: Nodes, algorithm: str, characters: int) -> None:
    assert len(await nodes.output("hash", {"value": "abc", "algorithm": algorithm})) == characters


async def test_equal_objects_have_equal_digests(nodes: Nodes) -> None:
    one = await nodes.output("hash", {"value": {"a": 1, "b": [None, True]}})
    assert one == await nodes.output("hash", {"value": {"b": [None, True], "a": 1}})
    assert one != await nodes.output("hash", {"value": {"b": [None, True], "a": 2}})
    assert one == await nodes.output("hash", {"value": '{"a":1,"b":[null,true]}'})


async def test_an_unknown_algorithm_is_refused(nodes: Nodes) -> None:
    failure = await nodes.failure("hash", {"value": "a", "algorithm": "crc32"})
    assert failure.code == "invalid_config"
    assert "sha256" in failure.message
