"""`import`: definitions read, translated and told about."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.local.home import LocalError
from services.local.importing import main, read_definition
from services.local.run import GraphFile
from tests.unit.shared.asl.machines import POLL, machine, pass_


def arguments(path: Path, **more: Any) -> argparse.Namespace:
    return argparse.Namespace(format="asl", file=str(path), **{"name": None, "create": False, **more})


def written(folder: Path, document: Any, name: str = "poll.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document))
    return path


async def test_the_graph_is_printed_as_a_graph_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await main(arguments(written(tmp_path, POLL))) == 0
    printed = capsys.readouterr()
    file = GraphFile.model_validate(yaml.safe_load(printed.out))
    assert file.name == "poll"
    assert "loop" in {node["type"] for node in file.graph["nodes"]}
    assert "asl_no_counterpart" in printed.err
    assert "mocks `Get status` by the name Wait-loop.Get-status" in printed.err


async def test_faults_are_told_and_nothing_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await main(arguments(written(tmp_path, machine("A", A=pass_(Next="B"))))) == 1
    printed = capsys.readouterr()
    assert not printed.out
    assert "States.A.Next: there is no state `B`" in printed.err


def test_a_definition_may_be_yaml(tmp_path: Path) -> None:
    path = tmp_path / "machine.yaml"
    path.write_text(yaml.safe_dump(POLL))
    assert read_definition(path) == POLL


def test_dates_and_words_of_a_yaml_definition_stay_text(tmp_path: Path) -> None:
    path = tmp_path / "machine.yaml"
    path.write_text("Timestamp: 2024-01-31T09:30:00Z\nStringEquals: yes\n")
    assert read_definition(path) == {"Timestamp": "2024-01-31T09:30:00Z", "StringEquals": "yes"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.json", "{", "is not JSON"),
        ("a.yaml", "a: [", "is not YAML"),
        ("a.yaml", "a: 2020-01-01T00:00:00Z\nb: !!binary aGk=", "is not YAML"),
        ("a.yml", "1: 2", "is not YAML"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(LocalError, match=told):
        read_definition(tmp_path / name)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="cannot read"):
        read_definition(tmp_path / "none.json")
