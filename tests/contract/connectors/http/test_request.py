"""`http.request`: what it sends."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.catalog import side_effects_of
from shared.contracts.graph import Node
from shared.nodes import Registered
from tests.contract.connectors.http.conftest import Answers, Fails
from tests.http_server import Server, serving


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_every_method_is_sent_and_answered(answer_to: Answers, server: Server, method: str) -> None:
    answer = await answer_to(method=method, url=server.url("/echo"))
    assert set(answer) == {"status", "headers", "body", "url"}
    assert (answer["status"], answer["body"]["method"]) == (200, method)


async def test_head_answers_with_the_headers_alone(answer_to: Answers, server: Server) -> None:
    answer = await answer_to(method="HEAD", url=server.url("/text?text=hello"))
    assert (answer["body"], answer["headers"]["content-length"]) == ("", "5")


async def test_query_values_are_added_as_a_url_writes_them(answer_to: Answers, server: Server) -> None:
    query = {
        "text": "a b&c",
        "n": 3,
        "half": 0.5,
        "yes": True,
        "many": ["x", 1, None],
        "none": None,
        "empty": [],
    }
    body = (await answer_to(url=server.url("/echo?first=1"), query=query))["body"]
    assert body["query"] == [
        ["first", "1"], ["text", "a b&c"], ["n", "3"], ["half", "0.5"], ["yes", "true"],
        ["many", "x"], ["many", "1"],
    ]  # fmt: skip


async def test_headers_are_sent_and_null_ones_left_out(answer_to: Answers, server: Server) -> None:
    headers = {"X-Text": "a", "X-Number": 5, "X-Flag": False, "X-None": None}
    sent = (await answer_to(url=server.url("/echo"), headers=headers))["body"]["headers"]
    assert (sent["x-text"], sent["x-number"], sent["x-flag"]) == ("a", "5", "false")
    assert "x-none" not in sent
    assert sent["user-agent"] == "weft"


@pytest.mark.parametrize(
    ("given", "sent", "content_type"),
    [
        ({"json": {"a": [1, None, "ä"]}}, '{"a":[1,null,"ä"]}', "application/json"),
        ({"json": []}, "[]", "application/json"),
        ({"json": False}, "false", "application/json"),
        ({"form": {"a": "b c", "n": [1, True]}}, "a=b+c&n=1&n=true", "application/x-www-form-urlencoded"),
        ({"body": "grüße"}, "grüße", "text/plain; charset=utf-8"),
        ({"body": ""}, "", "text/plain; charset=utf-8"),
    ],
)  # fmt: skip
async def test_a_body_is_sent_with_its_content_type(
    answer_to: Answers, server: Server, given: dict[str, Any], sent: str, content_type: str
) -> None:
    body = (await answer_to(method="POST", url=server.url("/echo"), **given))["body"]
    assert (body["body"], body["headers"]["content-type"]) == (sent, content_type)


async def test_bytes_are_sent_as_they_are(answer_to: Answers, server: Server) -> None:
    text = base64.b64encode(bytes(range(256))).decode()
    body = (await answer_to(method="PUT", url=server.url("/echo"), body_base64=text))["body"]
    assert (body["body_base64"], body["headers"]["content-type"]) == (text, "application/octet-stream")


async def test_the_author_has_the_last_word_on_the_content_type(answer_to: Answers, server: Server) -> None:
    headers = {"content-type": "application/vnd.api+json", "idempotency-key": "mine", "user-agent": "me"}
    sent = (await answer_to(method="POST", url=server.url("/echo"), headers=headers, json={}))["body"][
        "headers"
    ]
    assert {name: sent[name] for name in headers} == headers


async def test_no_body_means_no_body(answer_to: Answers, server: Server) -> None:
    sent = await answer_to(url=server.url("/echo"), json=None, form=None, body=None, body_base64=None)
    assert sent["body"]["body"] == ""
    assert "content-type" not in sent["body"]["headers"]


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"type": "bearer", "token": "t0ken"}, "authorization", "Bearer t0ken"),
        (
            {"type": "basic", "username": "ann", "password": "pä:ss"},
            "authorization",
            "Basic YW5uOnDDpDpzcw==",
        ),
        ({"type": "header", "name": "X-Api-Key", "value": "k"}, "x-api-key", "k"),
    ],
)
async def test_who_is_asking_goes_into_a_header_that_no_other_origin_sees(
    answer_to: Answers, server: Server, auth: dict[str, str], header: str, value: str
) -> None:
    assert (await answer_to(url=server.url("/echo"), auth=auth))["body"]["headers"][header] == value
    async with serving() as elsewhere:
        there = await answer_to(url=server.url(f"/redirect?to={elsewhere.url('/echo')}"), auth=auth)
    assert there["url"] == elsewhere.url("/echo")
    assert header not in there["body"]["headers"]


async def test_other_methods_than_get_carry_the_same_key_on_every_attempt(
    answer_to: Answers, server: Server
) -> None:
    for _ in range(2):
        sent = (await answer_to(method="POST", url=server.url("/echo")))["body"]["headers"]
        assert sent["idempotency-key"] == "run_1:call"
    assert "idempotency-key" not in (await answer_to(url=server.url("/echo")))["body"]["headers"]


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"json": {}, "body": "x"}, ["json", "body"]),
        ({"form": {}, "body_base64": ""}, ["form", "body_base64"]),
        ({"auth": {"type": "bearer", "token": "t"}, "headers": {"authorization": "x"}}, ["Authorization"]),
        ({"auth": {"type": "magic"}}, ["magic", "bearer"]),
        ({"method": "TRACE"}, ["method", "GET"]),
        ({"max_bytes": 50_000_001}, ["max_bytes", "50000000"]),
        ({"max_bytes": 0}, ["max_bytes"]),
        ({"timeout_s": 0}, ["timeout_s"]),
        ({"colour": "red"}, ["colour"]),
    ],
)  # fmt: skip
def test_a_config_that_makes_no_sense_is_refused_by_name(
    node_type: Registered, config: dict[str, Any], names: list[str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        node_type.config_model.model_validate({"url": "https://example.com", **config})
    assert all(name in str(refused.value) for name in names)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"body_base64": "no base64!"}, "body_base64"),
        ({"json": {"n": 2**70}}, "64-bit"),
        ({"json": {"s": "\ud800"}}, "cannot be sent"),
        ({"body": "\ud800"}, "cannot be sent"),
        ({"form": {"a": "\ud800"}}, "cannot be sent"),
    ],
)
async def test_values_that_cannot_be_sent_are_a_failure(
    failure_of: Fails, server: Server, config: dict[str, Any], says: str
) -> None:
    failed = await failure_of(method="POST", url=server.url("/echo"), **config)
    assert failed.failure.code == "bad_config"
    assert says in failed.failure.message


@pytest.mark.parametrize(
    ("method", "side_effects"),
    [
        (None, "repeatable"), ("GET", "repeatable"), ("HEAD", "repeatable"), ("OPTIONS", "repeatable"),
        ("PUT", "repeatable"), ("DELETE", "repeatable"), ("POST", "once"), ("PATCH", "once"),
        ("{{ trigger.m }}", "once"),
    ],
)  # fmt: skip
def test_side_effects_follow_from_the_method(
    node_type: Registered, method: str | None, side_effects: str
) -> None:
    config = {"method": method} if method else {}
    assert (
        side_effects_of(node_type.node_type, Node(id="a", name="", type="http.request", config=config))
        == side_effects
    )


def test_the_catalog_describes_every_config_field(node_type: Registered) -> None:
    entry = node_type.node_type
    assert (entry.type, entry.pool) == ("http.request", "http")
    fields = entry.config_schema["properties"]
    assert {"json", "form", "body", "body_base64"} < set(fields)
    assert [name for name, field in fields.items() if not field.get("description")] == []
    assert set(entry.output_schema["properties"]) == {"status", "headers", "body", "url"}
