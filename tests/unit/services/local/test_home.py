"""What the environment says of where things are, and by what they go."""

import pytest

from services.local.home import LocalError, given_together


def test_settings_that_belong_together_are_given_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEFT_SMTP_URL", "WEFT_SMTP_FROM"):
        monkeypatch.delenv(name, raising=False)
    assert not given_together("WEFT_SMTP_URL", "WEFT_SMTP_FROM")
    monkeypatch.setenv("WEFT_SMTP_FROM", "weft@example.com")
    with pytest.raises(LocalError, match="WEFT_SMTP_FROM is set alone; set WEFT_SMTP_URL and"):
        given_together("WEFT_SMTP_URL", "WEFT_SMTP_FROM")
    monkeypatch.setenv("WEFT_SMTP_URL", "smtp://mail.example.com")
    assert given_together("WEFT_SMTP_URL", "WEFT_SMTP_FROM")
