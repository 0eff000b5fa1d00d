"""The tokens of resume URLs."""

import pytest

from shared.signals import genuine, token, url_path
from tests.builders import run

RUN = run(secret="a" * 32)


def test_the_url_of_a_node_holds_its_token() -> None:
    *_, run_id, node_id, given = url_path(RUN, "paid").split("/")
    assert (run_id, node_id) == (RUN.id, "paid")
    assert genuine(RUN, "paid", given)
    assert len(given) == 64


@pytest.mark.parametrize("given", ["", "é", "0" * 64, token("b" * 32, "paid"), token("a" * 32, "other")])
def test_any_other_token_is_not_genuine(given: str) -> None:
    assert not genuine(RUN, "paid", given)


def test_a_run_without_a_secret_takes_no_signal() -> None:
    bare = run(secret="")
    assert not genuine(bare, "paid", token("", "paid"))
