"""From events to inputs."""

import pytest

from shared.contracts.trigger import Mapped
from shared.mapping import PathError, mapped, path_of

EVENT = {
    "headers": {"x-shop": "north"},
    "body": {"kind": "order", "total": 99.5, "paid": True, "items": [{"sku": "a"}, {"sku": "b"}],
             "note": None, "$ne": 1, "a.b": 2, "a[0]": 3},
}  # fmt: skip


def test_an_input_is_made_of_what_paths_lead_to() -> None:
    paths = {
        "sku": "body.items[1].sku",
        "last": "{{ body.items[-1].sku }}",
        "shop": 'headers["x-shop"]',
        "$odd": 'body["$ne"]',
        "dots": 'body["a.b"]',
        "brackets": 'body["a[0]"]',
        "gone": "body.customer.id",
        "beyond": "body.items[7].sku",
        "all": "event",
    }
    found = mapped(EVENT, [Mapped(key=key, path=path) for key, path in paths.items()])
    assert list(found.values()) == ["b", "b", "north", 1, 2, 3, None, None, EVENT]
    assert list(found) == list(paths)
    assert mapped(EVENT, None) == EVENT


@pytest.mark.parametrize(
    "text",
    ["", "a b", "a + b", "a(", "f(x)", "a[b]", "a[0:1]", "a if b else c", "__import__('os')",
     "{{ a }} {{ b }}", "a." * 300, "(" * 400, "[" * 499, "a\x00", "'a'", "1", "lambda: 0", "{{", "x" * 501],
)  # fmt: skip
def test_nothing_but_a_path_is_taken(text: str) -> None:
    with pytest.raises(PathError):
        path_of(text)


def test_the_insides_of_python_are_not_to_be_reached() -> None:
    inside = [Mapped(key="a", path="body.__class__.__mro__"), Mapped(key="b", path="body.items.append")]
    assert mapped(EVENT, inside) == {"a": None, "b": None}
