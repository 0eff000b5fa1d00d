"""Take what is wanted out of HTML."""

import asyncio
import re
from collections import Counter
from typing import Any

from pydantic import Field
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from shared.nodes import Context, NodeConfig, NodeFailed, node

MAX_CHARS = 20_000_000
MAX_NESTING = 2_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
_NEVER_NEST = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td",
    "th", "thead", "tbody", "tfoot", "colgroup", "rp", "rt", "html", "head", "body",
})  # fmt: skip


class Wanted(NodeConfig):
    """One thing to find."""

    selector: str = Field(
        min_length=1, max_length=1000, description="A CSS selector, such as article > h2.title."
    )
    attribute: str | None = Field(
        None, description="The attribute to read, such as href; left out, the text inside."
    )
    all: bool = Field(
        False, description="A list of all that match; otherwise the first, or null when there is none."
    )


class Config(NodeConfig):
    """Where to look and for what."""

    html: str = Field(description="The HTML text.")
    fields: dict[str, Wanted] = Field(description="What to find, by the name it gets in the output.")


@node("html.extract", title="Extract from HTML", category="text", icon="code-xml")
async def html_extract(config: Config, context: Context) -> dict[str, list[str] | str | None]:
    """Read texts and attributes out of HTML by CSS selectors."""
    if len(config.html) > MAX_CHARS:
        raise NodeFailed(
            "too_large", f"The HTML has {len(config.html):,} characters; at most {MAX_CHARS:,} are read."
        )
    return await asyncio.to_thread(_extracted, config)


def _nesting(html: str) -> int:
    """About how deep elements nest. Parsing takes time in the square of it, so this is asked first."""
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for match in _TAG.finditer(html):
        closing, tag = match[1], match[2].lower()
        if tag in _NEVER_NEST:
            continue
        if not closing:
            opened[tag] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif opened[tag]:
            opened[tag] -= 1
            depth -= 1
    return deepest


def _extracted(config: Config) -> dict[str, list[str] | str | None]:
    if config.html.count("<") > MAX_NESTING and _nesting(config.html) > MAX_NESTING:
        raise NodeFailed("too_deep", f"The HTML nests more than {MAX_NESTING:,} elements in each other.")
    try:
        page = LexborHTMLParser(config.html)
    except (SelectolaxError, ValueError, UnicodeEncodeError) as error:
        raise NodeFailed("invalid_input", f"This HTML cannot be read: {error}.") from error
    return {name: _found(page, name, wanted) for name, wanted in config.fields.items()}


def _found(page: LexborHTMLParser, name: str, wanted: Wanted) -> list[str] | str | None:
    try:
        matches = page.css(wanted.selector)
    except (SelectolaxError, ValueError, UnicodeEncodeError) as error:
        raise NodeFailed(
            "invalid_selector",
            f"Field {name!r}: {wanted.selector!r} is not a usable CSS selector.",
            field=name,
        ) from error
    if not wanted.all:
        return _read(matches[0], wanted.attribute) if matches else None
    values = [_read(match, wanted.attribute) for match in matches]
    return [value for value in values if value is not None]


def _read(match: LexborNode, attribute: str | None) -> str | None:
    """The text with its white space collapsed as in a browser, or an attribute; null when it is not there."""
    if attribute is None:
        return " ".join(match.text(deep=True).split())
    attributes: dict[str, Any] = match.attributes
    name = attribute.lower()
    return (attributes[name] or "") if name in attributes else None
