"""`http.request`: what it makes of the answer, and of none."""

import base64
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.contract.connectors.http.conftest import Answers, Fails
from tests.http_server import PNG, Server

PNG_TEXT = base64.b64encode(PNG).decode()


def says(server: Server, **query: Any) -> str:
    return server.url(f"/text?{urlencode(query)}")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({"text": '{"a": 1}', "type": "application/json"}, {"a": 1}),
        ({"text": '\ufeff{"a": 1}', "type": "application/json"}, {"a": 1}),
        ({"text": "[1]", "type": "application/hal+json"}, [1]),
        ({"text": "not json", "type": "application/json"}, "not json"),
        ({"text": "", "type": "application/json"}, None),
        ({"text": '{"a": 1}'}, '{"a": 1}'),
        ({"text": "<a>ä</a>", "type": "application/xml"}, "<a>ä</a>"),
        ({"text": "grün", "charset": "latin-1"}, "grün"),
        ({"text": "grün", "label": "text/plain; charset=klingon"}, "grün"),
        ({"text": "grün", "label": "text/plain; charset=base64"}, "grün"),
        ({"text": "plain", "label": "application/octet-stream"}, "plain"),
        ({"text": "a\x00b", "label": "application/octet-stream"}, "YQBi"),
    ],
)
async def test_auto_reads_the_body_by_its_content_type(
    answer_to: Answers, server: Server, query: dict[str, str], body: Any
) -> None:
    assert (await answer_to(url=says(server, **query)))["body"] == body


async def test_bytes_that_are_no_text_become_base64(answer_to: Answers, server: Server) -> None:
    assert (await answer_to(url=server.url("/binary")))["body"] == PNG_TEXT
    assert (await answer_to(url=server.url("/binary"), parse="bytes"))["body"] == PNG_TEXT


@pytest.mark.parametrize(("parse", "body"), [("json", [1]), ("text", "[1]"), ("bytes", "WzFd")])
async def test_the_author_may_say_how_to_read_the_body(
    answer_to: Answers, server: Server, parse: str, body: Any
) -> None:
    assert (await answer_to(url=says(server, text="[1]"), parse=parse))["body"] == body


async def test_json_that_was_asked_for_and_did_not_come_is_a_failure(
    failure_of: Fails, server: Server
) -> None:
    failed = (await failure_of(url=says(server, text="<html>"), parse="json")).failure
    assert (failed.code, failed.details["body"]) == ("bad_json", "<html>")
    assert "<html>" in failed.message


async def test_text_that_cannot_be_read_is_still_json(answer_to: Answers, server: Server) -> None:
    url = says(server, text="+2AA-", label="text/plain; charset=utf-7")
    (await answer_to(url=url))["body"].encode()


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (400, "http_400", False), (401, "http_401", False), (404, "http_404", False),
        (429, "rate_limited", True),
        (500, "unavailable", True), (503, "unavailable", True), (304, "http_304", False), (299, None, False),
    ],
)  # fmt: skip
async def test_other_than_2xx_fails(
    answer_to: Answers, failure_of: Fails, server: Server, status: int, code: str | None, retryable: bool
) -> None:
    url = server.url(f"/status/{status}")
    if code is None:
        assert (await answer_to(url=url))["status"] == status
        return
    failed = (await failure_of(url=url)).failure
    assert (failed.code, failed.retryable, failed.details["status"]) == (code, retryable, status)
    assert str(status) in failed.message


async def test_a_failure_holds_the_beginning_of_the_body(failure_of: Fails, server: Server) -> None:
    failed = (await failure_of(url=server.url("/status/422?body=" + "x" * 3000))).failure
    assert failed.details["body"] == "x" * 2000


async def test_a_failure_says_when_to_come_back(failure_of: Fails, server: Server) -> None:
    seconds = (await failure_of(url=server.url("/status/429?retry_after=7"))).failure
    assert seconds.details["retry_after_s"] == 7
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    at = (await failure_of(url=server.url(f"/status/503?{urlencode({'retry_after': date})}"))).failure
    assert 3000 < float(str(at.details["retry_after_s"])) <= 3600
    vague = (await failure_of(url=server.url("/status/429?retry_after=soon"))).failure
    assert "retry_after_s" not in vague.details


async def test_a_redirect_that_is_not_followed_says_where_it_leads(failure_of: Fails, server: Server) -> None:
    failed = (await failure_of(url=server.url("/redirect?to=/echo"), follow_redirects=False)).failure
    assert (failed.code, failed.details["location"]) == ("http_302", "/echo")


async def test_a_redirect_that_is_followed_says_where_it_led(answer_to: Answers, server: Server) -> None:
    answer = await answer_to(url=server.url("/redirect?to=/echo"))
    assert answer["url"] == server.url("/echo")


async def test_an_error_page_over_the_limit_fails_by_its_status(failure_of: Fails, server: Server) -> None:
    failed = (await failure_of(url=server.url("/status/500?body=" + "x" * 50), max_bytes=10)).failure
    assert (failed.code, failed.details["status"]) == ("unavailable", 500)


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"url": "http://[::1]/"}, "blocked_address"),
        ({"url": "not a url"}, "bad_url"),
        ({"url": "http://127.0.0.1:1/"}, "unavailable"),
        ({"path": "/slow", "timeout_s": 0.05}, "timeout"),
        ({"path": "/big?bytes=20", "max_bytes": 10}, "too_large"),
        ({"path": "/gzip-bomb?bytes=20000000"}, "too_large"),
        ({"path": "/redirect?times=11&to=/echo"}, "too_many_redirects"),
        ({"path": "/redirect?to=http://169.254.169.254/"}, "blocked_address"),
        ({"path": "/echo", "headers": {"X-A": "1\r\nX-B: 2"}}, "bad_request"),
    ],
)
async def test_what_goes_wrong_on_the_way_is_a_failure_with_its_code(
    failure_of: Fails, server: Server, config: dict[str, Any], code: str
) -> None:
    if path := config.pop("path", None):
        config["url"] = server.url(path)
    failed = (await failure_of(**config)).failure
    assert (failed.code, failed.retryable) == (code, code in ("unavailable", "timeout"))
    assert failed.message


async def test_a_server_that_fails_twice_answers_at_the_third_attempt(
    answer_to: Answers, failure_of: Fails, server: Server
) -> None:
    url = server.url("/flaky/lead?times=2")
    assert [(await failure_of(url=url)).failure.code for _ in range(2)] == ["unavailable"] * 2
    assert (await answer_to(url=url))["body"] == {"calls": 3}
