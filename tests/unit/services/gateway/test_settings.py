"""Settings: what is missing is told in one sentence."""

import pytest

from services.gateway.settings import load_settings


def test_a_missing_secret_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEFT_SECRET", raising=False)
    with pytest.raises(SystemExit, match="WEFT_SECRET must be set"):
        load_settings()


def test_every_wrong_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_SECRET", "k" * 32)
    monkeypatch.setenv("WEFT_PORT", "99999")
    monkeypatch.setenv("WEFT_MAX_NODES", "many")
    with pytest.raises(SystemExit) as left:
        load_settings()
    assert "WEFT_PORT" in str(left.value)
    assert "WEFT_MAX_NODES" in str(left.value)


def test_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_SECRET", "k" * 32)
    monkeypatch.setenv("WEFT_API_KEY", "very-secret")
    settings = load_settings()
    assert settings.api_key
    assert settings.api_key.get_secret_value() == "very-secret"
    assert "very-secret" not in repr(settings)
    assert "k" * 32 not in repr(settings)
