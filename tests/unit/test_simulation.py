"""The whole protocol in worlds where everything fails that can, and with each of its safeguards taken out."""

from collections.abc import Iterator

import pytest

from tests.simulation.crowd import Crowd, crowd, told
from tests.simulation.mutants import MUTANTS

SEEDS = 2_000
MUTANT_SEEDS = 400
"""In how many foul worlds a mutant has to be found; most are in the first ten."""


@pytest.fixture(scope="module")
def worlds() -> Iterator[Crowd]:
    with crowd(workers=2) as worlds:
        yield worlds


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_whatever_goes_wrong(worlds: Crowd) -> None:
    broken = [outcome for outcome in worlds.outcomes(range(SEEDS)) if outcome.broken]
    assert not broken, "\n".join(told(each) for each in broken[:5])


def test_the_same_seed_makes_the_same_world(worlds: Crowd) -> None:
    """Whatever was played before it, and in whichever process."""
    marks = [
        {each.seed: (each.digest, each.writes, each.seconds) for each in worlds.outcomes(seeds)}
        for seeds in (range(60), range(59, -1, -1))
    ]
    assert marks[0] == marks[1]


@pytest.mark.parametrize("mutant", MUTANTS)
def test_each_safeguard_is_needed(worlds: Crowd, mutant: str) -> None:
    assert worlds.first_broken(range(MUTANT_SEEDS), mutant), f"nothing was broken by {mutant}"
