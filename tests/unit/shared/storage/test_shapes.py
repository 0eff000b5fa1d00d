"""Documents of earlier releases are read in today's shape."""

import pytest

from shared.storage.shapes import Document, NewerShape, Shape


def renamed(document: Document) -> Document:
    """The second shape has `title` for `name`."""
    return {("title" if key == "name" else key): value for key, value in document.items()}


def tagged(document: Document) -> Document:
    """The third has tags."""
    return {**document, "tags": [document["title"]]}


TODAY = Shape("things", [renamed, tagged])


@pytest.mark.parametrize(
    "stored",
    [
        {"_id": "a", "name": "x"},
        {"_id": "a", "schema": 1, "name": "x"},
        {"_id": "a", "schema": 2, "title": "x"},
        {"_id": "a", "schema": 3, "title": "x", "tags": ["x"]},
    ],
)
def test_a_document_is_brought_up_from_whatever_shape_it_has(stored: Document) -> None:
    assert TODAY.read(stored) == {"_id": "a", "title": "x", "tags": ["x"]}


def test_a_document_is_written_with_the_number_of_its_shape_but_for_the_first() -> None:
    assert TODAY.written({"_id": "a"}) == {"_id": "a", "schema": 3}
    assert TODAY.read(TODAY.written({"_id": "a", "title": "x"})) == {"_id": "a", "title": "x"}
    assert Shape("things").written({"_id": "a"}) == {"_id": "a"}


def test_what_a_later_release_has_written_is_not_misread() -> None:
    with pytest.raises(NewerShape, match=r"things 'a' has shape 4, .* up to 3: update"):
        TODAY.read({"_id": "a", "schema": 4})
