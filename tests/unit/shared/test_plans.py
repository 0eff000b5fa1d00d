"""Plans as data."""

from pathlib import Path

import pytest

from shared.plans import load_plans


def test_the_plans_that_come_along() -> None:
    plans = load_plans()
    limits = {
        name: (plan.active_workflows, plan.data_sources, plan.runs_per_month, plan.history_days)
        for name, plan in plans.items()
    }
    nothing = (None, None, None, None)
    assert limits == {
        "self_hosted": nothing, "free": (0, 0, 0, 30), "teams": (5, 3, 100, 30), "enterprise": nothing,
    }  # fmt: skip
    assert {name: plan.max_parallel for name, plan in plans.items() if plan.max_parallel} == {
        "free": 1, "teams": 1,
    }  # fmt: skip
    assert (plans["free"].sharing, plans["teams"].triggers) == (
        False,
        ["manual", "api", "schedule", "webhook"],
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("free: {title: Free, runs_per_month: -1}", "free.runs_per_month"),
        ("free: {title: Free, runs: 1}", "free.runs"),
        ("free: {title: Free, triggers: [cron]}", "free.triggers"),
        ("[", "no YAML"),
        ("a: !!python/object/apply:os.getcwd []", "no YAML"),
        ("", "do not fit"),
        ("#" * 100_001, "bytes"),
    ],
)
def test_a_file_that_is_no_use_is_told_of_at_the_start(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "plans.yaml"
    file.write_text(text)
    with pytest.raises(ValueError, match=said):
        load_plans(str(file))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        load_plans(str(tmp_path / "none.yaml"))
