"""`slack.post`: a message by an incoming webhook, whose URL nobody gets to see."""

import orjson
import pytest

from services.connectors.slack.credentials import SlackWebhook
from services.connectors.slack.post import post
from tests.contract.connectors.given import answer, failure
from tests.http_server import serving


async def test_a_message_is_posted() -> None:
    async with serving() as server:
        said = await answer(post, SlackWebhook(url=server.url("/status/200?body=ok")), text="Hello <!here>")
        await answer(post, SlackWebhook(url=server.url("/echo")), text="x", blocks=[{"type": "divider"}])
    assert said == {"answer": "ok"}
    bodies = [orjson.loads(str(each["body"])) for each in server.seen]
    assert bodies == [{"text": "Hello <!here>"}, {"text": "x", "blocks": [{"type": "divider"}]}]


@pytest.mark.parametrize(
    ("path", "code"),
    [("/status/404?t=s3cret", "http_404"), ("/status/503?t=s3cret", "unavailable"),
     ("/redirect?to=/s3cret", "http_302")],
)  # fmt: skip
async def test_what_slack_does_not_take_says_why_but_not_where(path: str, code: str) -> None:
    async with serving() as server:
        failed = await failure(post, SlackWebhook(url=server.url(path)), text="x")
    assert failed.failure.code == code
    assert "s3cret" not in failed.failure.message


async def test_a_url_that_cannot_be_called_is_not_repeated() -> None:
    failed = await failure(post, SlackWebhook(url="gopher://s3cret.example/s3cret"), text="x")
    assert failed.failure.code == "bad_url"
    assert "s3cret" not in failed.failure.model_dump_json()
