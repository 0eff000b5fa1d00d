"""`python -m tests.simulation`: play many worlds and say what was broken."""

import argparse
import os
import sys
import time

from tests.simulation.crowd import HASH_SEED, crowd, told
from tests.simulation.mutants import MUTANTS, mutated
from tests.simulation.world import play

SHOWN = 10


def main() -> int:
    """The exit code: 1 when a law was broken."""
    asked = _asked()
    if asked.trace is None:
        return _many(range(asked.first, asked.first + asked.seeds), asked.workers, asked.foul)
    if os.environ.get(HASH_SEED) != "0":
        os.execve(sys.executable, [*sys.orig_argv], {**os.environ, HASH_SEED: "0"})
    with mutated(asked.mutant):
        return 1 if play(asked.trace, _say, foul=asked.foul or asked.mutant is not None).broken else 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=2_000, help="how many worlds")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=2, help="processes to play them in")
    parser.add_argument("--trace", type=int, metavar="SEED", help="play this world, and say all that happens")
    parser.add_argument("--foul", action="store_true", help="worlds in which most things go wrong")
    parser.add_argument("--mutant", choices=MUTANTS, help="with --trace: the protocol without one safeguard")
    return parser.parse_args()


def _many(seeds: range, workers: int, foul: bool) -> int:
    start, played, broken, runs, seconds = time.monotonic(), 0, 0, 0, 0.0
    with crowd(workers) as worlds:
        for outcome in worlds.outcomes(seeds, foul=foul):
            played, runs, seconds = played + 1, runs + outcome.runs, seconds + outcome.seconds
            if outcome.broken:
                broken += 1
                if broken <= SHOWN:
                    _say(told(outcome, foul=foul))
            if played % 1_000 == 0:
                _say(f"{played:,} of {len(seeds):,} worlds, {broken} broken, {_rate(played, start)}")
    hours = seconds / 3600
    _say(f"{played:,} worlds with {runs:,} runs in {hours:,.1f} h of their own time, {_rate(played, start)}")
    _say(f"{broken} broken")
    return 1 if broken else 0


def _rate(played: int, start: float) -> str:
    return f"{played / (time.monotonic() - start):.0f} a second"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
