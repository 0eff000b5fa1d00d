"""CSV that any reader takes, and no spreadsheet runs."""

import csv
from io import StringIO
from typing import Any

import pytest
from starlette.requests import Request

from services.gateway.table import csv_text, wants_csv


def test_rows_are_written_after_rfc_4180() -> None:
    rows = [{"a": 'say "hi", you', "b": -1.5}, {"a": "two\nlines", "b": None}]
    text = csv_text(rows, ["b", "a"])
    assert text == 'b,a\r\n-1.5,"say ""hi"", you"\r\n,"two\nlines"\r\n'
    assert list(csv.reader(StringIO(text, newline="")))[2] == ["", "two\nlines"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "\n-1", "\uff1d1"])
def test_no_text_is_a_formula(text: str) -> None:
    _, row = csv.reader(StringIO(csv_text([{"code": text}], ["code"]), newline=""))
    assert row == [f"'{text}"]


@pytest.mark.parametrize(
    ("accept", "format_", "wanted"),
    [
        ("text/csv", None, True),
        ("Text/CSV;q=0.9", None, True),
        ("text/csv, application/json", None, True),
        ("application/json, text/csv", None, False),
        ("*/*", None, False),
        ("text/csv", "json", False),
        ("application/json", "csv", True),
    ],
)
def test_who_asks_for_csv_gets_it(accept: str, format_: Any, wanted: bool) -> None:
    request = Request({"type": "http", "headers": [(b"accept", accept.encode())]})
    assert wants_csv(request, format_) is wanted
