"""Rows as CSV after RFC 4180, safe to open in a spreadsheet."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

from fastapi import Request, Response

Row = dict[str, Any]
FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet take a text for a formula."""


def wants_csv(request: Request, format_: str | None) -> bool:
    """Whether the caller has asked for CSV, by `format` or, without that, by `Accept`."""
    if format_ is not None:
        return format_ == "csv"
    ranges = (each.partition(";")[0].strip().lower() for each in request.headers.get("accept", "").split(","))
    return next((each == "text/csv" for each in ranges if each in ("text/csv", "application/json")), False)


def csv_response(rows: Sequence[Row], columns: Sequence[str], name: str) -> Response:
    """A file to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(
        csv_text(rows, columns), headers=headers, media_type="text/csv; charset=utf-8; header=present"
    )


def csv_text(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """The columns' names, then the rows."""
    return csv_head(columns) + csv_rows(rows, columns)


def csv_head(columns: Sequence[str]) -> str:
    """The columns' names."""
    return _lines([columns])


def csv_rows(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """A line a row."""
    return _lines([[_cell(row[column]) for column in columns] for row in rows])


def _lines(rows: Sequence[Sequence[Any]]) -> str:
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str) and (value[:1] in FORMULA or value.lstrip()[:1] in FORMULA) and value:
        return f"'{value}"
    return value
