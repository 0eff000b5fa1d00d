"""Who may decide a review."""

import pytest

from services.gateway.identity.callers import Caller, may_decide


@pytest.mark.parametrize(
    ("caller", "assignees", "may"),
    [
        (Caller("ada", person=True), ["ada", "bob"], True),
        (Caller("eve", person=True), ["ada", "bob"], False),
        (Caller("eve", person=True), [], True),
        (Caller("api"), ["ada"], True),
    ],
)
def test_a_review_is_for_its_assignees(caller: Caller, assignees: list[str], may: bool) -> None:
    assert may_decide(caller, assignees) is may
