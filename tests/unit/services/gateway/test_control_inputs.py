"""Which runs are meant, and what a re-run is asked for."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.gateway.control_inputs import Rerun, RunsWanted


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"ids": []},
        {"ids": ["run_1"], "status": "failed"},
        {"ids": ["run_1"] * 501},
        {"status": "done"},
        {"created_after": "2026-01-31T00:00:00"},
        {"created_after": "yesterday"},
    ],
)
def test_runs_are_named_or_described(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RunsWanted.model_validate(said)


def test_times_need_a_zone() -> None:
    wanted = RunsWanted.model_validate({"created_after": "2026-01-31T00:00:00Z"})
    assert wanted.created_after
    assert wanted.created_after.timestamp() == 1_769_817_600


def test_only_needs_a_node() -> None:
    assert Rerun.model_validate({"from": "a", "only": True}).from_ == "a"
    with pytest.raises(ValidationError, match="`only` needs `from`"):
        Rerun.model_validate({"only": True})
