"""Who may decide a review."""

import pytest

from services.gateway.identity.callers import Caller, may_decide


@pytest.mark.parametrize(
    ("caller", "assignees", "may"),
    [
        (Caller("person", "user_1", "ada"), ["ada", "bob"], True),
        (Caller("person", "user_1", "ada"), ["user_1"], True),
        (Caller("person", "user_1", "ada@example.com"), ["Ada@Example.com"], True),
        (Caller("person", "user_2", "eve"), ["ada", "bob"], False),
        (Caller("person", "user_2", "eve"), [], True),
        (Caller("key", "key_1", "api"), ["ada"], True),
    ],
)
def test_a_review_is_for_its_assignees(caller: Caller, assignees: list[str], may: bool) -> None:
    assert may_decide(caller, assignees) is may
