"""Many worlds, in several processes in which sets have the same order each time."""

import gc
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context

from tests.simulation.mutants import mutated
from tests.simulation.world import Outcome, play

HASH_SEED = "PYTHONHASHSEED"
TOGETHER = 25


class Crowd:
    """Worker processes for worlds."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def outcomes(self, seeds: range, *, foul: bool = False) -> Iterator[Outcome]:
        """How the worlds of these seeds end, as they do."""
        parts = [seeds[start : start + TOGETHER] for start in range(0, len(seeds), TOGETHER)]
        for done in as_completed([self._pool.submit(played, part, foul) for part in parts]):
            yield from done.result()

    def first_broken(self, seeds: range, mutant: str) -> Outcome | None:
        """The first of these worlds in which a mutant breaks a law."""
        return self._pool.submit(_first_broken, seeds, mutant).result()


@contextmanager
def crowd(workers: int) -> Iterator[Crowd]:
    """That many worker processes."""
    before, os.environ[HASH_SEED] = os.environ.get(HASH_SEED), "0"
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare) as pool:
            try:
                yield Crowd(pool)
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        os.environ.pop(HASH_SEED)
        os.environ.update({HASH_SEED: before} if before is not None else {})


def played(seeds: Sequence[int], foul: bool) -> list[Outcome]:
    """One world after the other, here."""
    return [play(seed, foul=foul) for seed in seeds]


def told(outcome: Outcome, *, foul: bool = False) -> str:
    """What was broken, and how to see it again."""
    again = f"{HASH_SEED}=0 python -m tests.simulation --trace {outcome.seed}{' --foul' * foul}"
    return "\n".join([f"seed {outcome.seed}: {outcome.broken[0]}", f"  {again}"])


def _first_broken(seeds: range, mutant: str) -> Outcome | None:
    with mutated(mutant):
        return next((found for seed in seeds if (found := play(seed, foul=True)).broken), None)


def _prepare() -> None:
    """What was loaded stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
