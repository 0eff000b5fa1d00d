"""The outside world of the examples, asked over HTTP."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import aiohttp
import pytest

from services.local.files import serving_examples


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "some.csv").write_text("a,b\n1,2\n")
    (tmp_path / "secret").write_text("not data")
    with serving_examples(tmp_path) as url:
        yield url


def raw_status(url: str, path: str) -> int:
    """The path goes out as it is: other clients tidy it up first."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status


async def test_it_serves_data_and_nothing_else(url: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/data/some.csv") as answer:
        assert await answer.text() == "a,b\n1,2\n"
    others = ["/secret", "/data/", "/data/../secret", "/data/%2e%2e/secret", "/data/no.csv", "/missing", "/"]
    assert {path: raw_status(url, path) for path in others} == dict.fromkeys(others, 404)


async def test_a_flaky_address_fails_as_often_as_asked_for_each_key(url: str) -> None:
    assert [await status(f"{url}/flaky/one?fails=2") for _ in range(4)] == [503, 503, 200, 200]
    assert [await status(f"{url}/flaky/two?fails=0") for _ in range(2)] == [200, 200]
    assert await status(f"{url}/flaky/three?fails=nonsense") == 503
