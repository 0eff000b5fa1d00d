"""What reading and writing CSV share."""

import csv
from typing import Annotated

from pydantic import Field

MAX_FIELD_CHARS = 50_000_000
csv.field_size_limit(MAX_FIELD_CHARS)

Delimiter = Annotated[
    str,
    Field(pattern=r'^[^"\r\n]$', description="The one character between values, such as , or ; or a tab."),
]
