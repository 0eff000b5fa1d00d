"""Failures are data, and fit into their record."""

import pytest
from pydantic import ValidationError

from shared.contracts.failure import Failure, failure


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
