"""Failures are data, and fit into their record."""

import pytest
from pydantic import ValidationError

from shared.contracts.failure import BRIEF_BYTES, Failure, brief, failure


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("timeout", True), ("rate_limited", True), ("unavailable", True), ("http_404", False), ("lost", False)],
)
def test_whether_again_may_help_follows_from_the_code(code: str, *, retryable: bool) -> None:
    assert failure(code, "…").retryable is retryable


def test_a_long_message_is_cut() -> None:
    assert len(failure("broken", "x" * 100_000).message) == 4000
    with pytest.raises(ValidationError):
        Failure(code="broken", message="x" * 4001)


def test_details_keep_their_types() -> None:
    said = failure(
        "rate_limited", "…", node="a", retry_after_s=1.5, status=429, final=False, ways=["a"], none=None
    )
    back = Failure.model_validate_json(said.model_dump_json())
    assert back == said
    assert [type(each) for each in back.details.values()] == [float, int, bool, list, type(None)]


def test_details_fit_together_or_say_what_is_left_out() -> None:
    said = failure("bad", "no", small="x", list=["y" * 4000] * 10, text="z" * 4000, number=7)
    assert said.details == {"small": "x", "text": "z" * 4000, "number": 7, "left_out": ["list"]}
    assert Failure.model_validate(said.model_dump()) == said


def test_a_run_keeps_failures_of_its_nodes_briefly() -> None:
    short = failure("bad", "no", status=503, body="x" * 200)
    assert brief(short) is short
    long = failure("bad", "\U0001f9f6" * 4000, status=503, body="x" * 4000)
    kept = brief(long)
    assert len(kept.message.encode()) <= BRIEF_BYTES
    assert kept.message.startswith("\U0001f9f6" * 100)
    assert kept.message.endswith("\u2026")
    assert kept.details == {"status": 503, "left_out": ["body"]}
