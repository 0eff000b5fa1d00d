"""The state folder: one system at a time, a key that stays and that nobody else reads."""

import os
import stat
from pathlib import Path

import pytest

from services.local.home import LocalError
from services.local.state import LocalSystem, api_key, is_up, only_one, read_local, write_local

SYSTEM = LocalSystem("http://127.0.0.1:8400", "key", pids={"up": 1})


def test_a_second_system_is_refused_by_pid_and_url(tmp_path: Path) -> None:
    told = rf"up already as process {os.getpid()} at http://127.0.0.1:8400 "
    with only_one(tmp_path):
        write_local(tmp_path, SYSTEM)
        assert is_up(tmp_path)
        with pytest.raises(LocalError, match=told), only_one(tmp_path):
            pass
    assert not is_up(tmp_path)


def test_what_a_killed_system_left_behind_does_not_count_as_up(tmp_path: Path) -> None:
    write_local(tmp_path, SYSTEM)
    (tmp_path / "lock").write_text("999999999")
    assert not is_up(tmp_path)
    with only_one(tmp_path):
        assert is_up(tmp_path)


def test_local_json_comes_back_as_it_was_and_is_its_owners_alone(tmp_path: Path) -> None:
    write_local(tmp_path, SYSTEM)
    assert read_local(tmp_path) == SYSTEM
    assert stat.S_IMODE((tmp_path / "local.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", "{", '{"url": 1, "nonsense": 2}'])
def test_a_damaged_local_json_is_an_error_that_names_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "local.json").write_text(text)
    with pytest.raises(LocalError, match=r"local\.json cannot be read .*remove it"):
        read_local(tmp_path)


def test_the_api_key_stays_the_same_and_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEFT_API_KEY", raising=False)
    key = api_key(tmp_path / "home")
    assert len(key) > 30
    assert api_key(tmp_path / "home") == key
    assert stat.S_IMODE((tmp_path / "home" / "api_key").stat().st_mode) == 0o600
    monkeypatch.setenv("WEFT_API_KEY", "mine")
    assert api_key(tmp_path / "home") == "mine"
