from typing import Any

import pytest

from tests.contract.nodes import Nodes

PAGE = """<!doctype html><title>  A  shop </title>
<ul class=list>
  <li><a href="/1" data-id=7>First <b>one</b></a>
  <li><a href="/2">Second
     two</a><li><a>Third</a>
</ul><input DISABLED name=q><p></p>"""


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"selector": "title"}, "A shop"),
        ({"selector": ".list a"}, "First one"),
        ({"selector": ".list a", "all": True}, ["First one", "Second two", "Third"]),
        ({"selector": ".list a", "attribute": "href"}, "/1"),
        ({"selector": ".list a", "attribute": "href", "all": True}, ["/1", "/2"]),
        ({"selector": "a[data-id='7']", "attribute": "DATA-ID"}, "7"),
        ({"selector": "li:nth-child(2) > a"}, "Second two"),
        ({"selector": "input", "attribute": "disabled"}, ""),
        ({"selector": "input", "attribute": "value"}, None),
        ({"selector": "h1"}, None),
        ({"selector": "h1", "all": True}, []),
        ({"selector": "p"}, ""),
    ],
)
async def test_texts_and_attributes_are_found(nodes: Nodes, wanted: Any, found: Any) -> None:
    config = {"html": "{{ trigger }}", "fields": {"it": wanted}}
    assert await nodes.output("html.extract", config, trigger=PAGE) == {"it": found}


async def test_several_fields_make_one_object(nodes: Nodes) -> None:
    fields = {"title": {"selector": "title"}, "links": {"selector": "a", "attribute": "href", "all": True}}
    output = await nodes.output("html.extract", {"html": "{{ trigger }}", "fields": fields}, trigger=PAGE)
    assert output == {"title": "A shop", "links": ["/1", "/2"]}


@pytest.mark.parametrize(
    "html", ["", "no tags", "<<<>>><p", "\x00\x01", "<p>" * 50_000, "<b><i></b></i>" * 2000, "🦄<p"]
)
async def test_broken_html_is_read_as_far_as_it_goes(nodes: Nodes, html: str) -> None:
    config = {"html": "{{ trigger }}", "fields": {"it": {"selector": "h1"}}}
    assert await nodes.output("html.extract", config, trigger=html) == {"it": None}


async def test_a_page_that_nests_without_end_is_refused(nodes: Nodes) -> None:
    config = {"html": "{{ trigger }}", "fields": {"it": {"selector": "div"}}}
    failure = await nodes.failure("html.extract", config, trigger="<div>" * 100_000)
    assert failure.code == "too_deep"


@pytest.mark.parametrize("selector", ["p[", ":::", "p >", "a:hover(", ":not(" * 100])
async def test_a_selector_that_is_none_is_named(nodes: Nodes, selector: str) -> None:
    fields = {"fine": {"selector": "p"}, "wrong": {"selector": selector}}
    failure = await nodes.failure("html.extract", {"html": "<p>", "fields": fields})
    assert failure.code == "invalid_selector"
    assert "'wrong'" in failure.message
