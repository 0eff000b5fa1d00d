"""Retriers: which failures they name, how often and how late they try again, and as policies."""

from typing import Any

import pytest

from shared.asl.errors import error_name, named_by
from shared.asl.retries import another
from shared.asl.retry_policy import retry_policy

SEVERAL: list[dict[str, Any]] = [
    {"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "BackoffRate": 2.0, "MaxAttempts": 2},
    {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5},
]
PLAIN = {"max_attempts": 4, "initial_s": 1, "multiplier": 2.0, "max_s": 86_400, "jitter": 0}
RUNTIME = ["!States.DataLimitExceeded", "!States.Runtime", "!asl_no_counterpart"]


@pytest.mark.parametrize(
    ("names", "code", "expected"),
    [
        (["X"], "X", True),
        (["X"], "x", False),
        (["States.ALL"], "X", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", True),
        (["States.TaskFailed"], "X", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "timeout", False),
        (["States.Timeout"], "timeout", True),
        (["States.Timeout"], "States.HeartbeatTimeout", True),
        (["States.HeartbeatTimeout"], "States.Timeout", False),
        (["States.Http.StatusCode.404"], "http_404", True),
        (["A", "B"], "B", True),
        ([], "A", False),
    ],
)
def test_which_failures_are_named(names: list[str], code: str, *, expected: bool) -> None:
    assert named_by(names, code) is expected


def test_a_failed_branch_has_a_name_of_its_own() -> None:
    assert named_by(["States.BranchFailed"], "X", branches=True)
    assert not named_by(["States.BranchFailed"], "X")


def test_failures_of_weft_get_the_names_that_aws_has_for_them() -> None:
    assert [error_name(code) for code in ("timeout", "http_503", "Mine")] == [
        "States.Timeout",
        "States.Http.StatusCode.503",
        "Mine",
    ]


def test_every_retrier_counts_for_itself() -> None:
    """The example of the specification."""
    counts, waits = [0, 0], []
    for code in ("ErrorA", "ErrorB", "ErrorC"):
        granted = another(SEVERAL, counts, code)
        assert granted
        counts, waits = granted.counts, [*waits, granted.delay_s]
    assert waits == [1, 2, 5]
    assert another(SEVERAL, counts, "ErrorB") is None
    assert another(SEVERAL, counts, "Other") is None


def test_waits_are_cut_and_may_be_drawn() -> None:
    cut = [{"ErrorEquals": ["X"], "IntervalSeconds": 3, "MaxDelaySeconds": 4}]
    drawn = [{"ErrorEquals": ["X"], "IntervalSeconds": 10, "JitterStrategy": "FULL"}]
    second, full = another(cut, [1], "X"), another(drawn, [0], "X")
    assert second
    assert second.delay_s == 4
    assert full
    assert 0 <= full.delay_s <= 10


def test_a_retrier_without_attempts_keeps_those_behind_it_from_trying() -> None:
    retriers = [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}]
    assert another(retriers, [0, 0], "timeout") is None
    assert another(retriers, [0, 0], "X")


@pytest.mark.parametrize(
    ("retriers", "policy"),
    [
        ([], {}),
        ([{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}], {}),
        ([{"ErrorEquals": ["X"]}], PLAIN | {"on": ["X"]}),
        (
            [
                {
                    "ErrorEquals": ["States.ALL"],
                    "IntervalSeconds": 4,
                    "MaxAttempts": 1,
                    "BackoffRate": 1,
                    "MaxDelaySeconds": 9,
                    "JitterStrategy": "FULL",
                }
            ],
            {
                "max_attempts": 2,
                "initial_s": 2,
                "multiplier": 1,
                "max_s": 4.5,
                "jitter": 1,
                "on": ["*", *RUNTIME],
            },
        ),
        (
            [{"ErrorEquals": ["States.TaskFailed"]}],
            PLAIN | {"on": ["*", "!timeout", "!States.Timeout", *RUNTIME]},
        ),
        ([{"ErrorEquals": ["States.TaskFailed", "States.Timeout"]}], PLAIN | {"on": ["*", *RUNTIME]}),
        (
            [{"ErrorEquals": ["States.Timeout"]}],
            PLAIN | {"on": ["timeout", "States.Timeout", "States.HeartbeatTimeout"]},
        ),
        ([{"ErrorEquals": ["X"], "MaxAttempts": 1000}], None),
        (SEVERAL, None),
    ],
)
def test_a_policy_says_what_it_can(retriers: list[dict[str, Any]], policy: dict[str, Any] | None) -> None:
    assert retry_policy(retriers, branches=False) == policy
