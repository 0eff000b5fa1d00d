"""YAML as JSON would have it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from services.local.home import LocalError
from services.local.yaml_file import read_yaml

LAUGHS = "\n- ".join(["", "&l0 [ha]", *(f"&l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12))])
"""Ten times as many with each line: a hundred billion."""


class Anything(BaseModel):
    """A file with one value."""

    value: Any


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-31", "2024-01-31"),
        ("{on: yes, no: off}", {"on": "yes", "no": "off"}),
        ("[true, False, null, 1, 1.5]", [True, False, None, 1, 1.5]),
        ("trueish", "trueish"),
    ],
)
def test_dates_and_words_stay_text(tmp_path: Path, text: str, value: Any) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(f"value: {text}\n")
    assert read_yaml(file, Anything, "anything").value == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{a: [{1: 2}]}", 'put quotes around the key, "1"'),
        ("123456789012345678901", "holds what JSON cannot: Integer exceeds 64-bit range"),
        ("!!binary aGk=", "holds what JSON cannot"),
        ("&a [*a]", "holds what JSON cannot"),
        ("!!python/object/apply:os.system [true]", "is not YAML: could not determine a constructor"),
        ("!!python/name:os.system ''", "is not YAML: could not determine a constructor"),
        (LAUGHS, "its aliases make more than 1,000,000 values of it"),
        ("[" * 10_000 + "]" * 10_000, "nested too deeply"),
        ("9" * 5000, "is not YAML: Exceeds the limit"),
    ],
    ids=range(9),
)
def test_what_json_cannot_hold_is_refused(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "file.yaml"
    file.write_text(f"value: {text}\n")
    with pytest.raises(LocalError, match=told):
        read_yaml(file, Anything, "anything")


def test_aliases_may_be_used(tmp_path: Path) -> None:
    file = tmp_path / "file.yaml"
    file.write_text("value:\n- &retry {max_attempts: 3}\n- *retry\n")
    assert read_yaml(file, Anything, "anything").value == [{"max_attempts": 3}] * 2
