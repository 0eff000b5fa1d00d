"""What the environment says of a system that is to come up."""

import pytest

from services.local.home import LocalError
from services.local.up import port, replicas


@pytest.mark.parametrize(
    ("text", "found"),
    [("", {}), ("planner=2", {"planner": 2}), (" planner=2, runner=3,", {"planner": 2, "runner": 3})],
)
def test_there_may_be_several_of_each_service(
    monkeypatch: pytest.MonkeyPatch, text: str, found: dict[str, int]
) -> None:
    monkeypatch.setenv("WEFT_REPLICAS", text)
    assert replicas() == found


@pytest.mark.parametrize(
    "text", ["planner", "planner=", "planner=0", "planner=-1", "planer=2", "store=2", "runner=21"]
)
def test_what_cannot_be_is_refused_with_an_example(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WEFT_REPLICAS", text)
    with pytest.raises(LocalError, match="planner=2,runner=3"):
        replicas()


@pytest.mark.parametrize("text", ["http", "0", "70000", "-1"])
def test_a_port_is_a_number(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("WEFT_PORT", text)
    with pytest.raises(LocalError, match="which is not a port"):
        port()
