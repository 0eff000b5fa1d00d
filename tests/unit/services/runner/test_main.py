"""What a runner offers."""

import pytest

from services.runner.__main__ import offered
from services.runner.settings import RunnerSettings


def test_shell_is_offered_only_where_it_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEFT_ALLOW_SHELL", raising=False)
    without = offered(RunnerSettings())
    monkeypatch.setenv("WEFT_ALLOW_SHELL", "1")
    assert set(offered(RunnerSettings())) - set(without) == {"shell"}
    assert "code.javascript" in without
