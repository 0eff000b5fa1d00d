"""`python -m tests.chaos`: break everything, and see that nothing is lost."""

import argparse
import asyncio
import logging
import random
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path

from tests.chaos.plan import SHORT, Size
from tests.chaos.recovery import measured
from tests.chaos.storm import storm

FULL = Size()


def say(text: str) -> None:
    """A line with the time."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def wanted(arguments: argparse.Namespace) -> Size:
    """The size that the arguments ask for; broker and store restarts go with the kills."""
    size = SHORT if arguments.short else FULL
    given = {"runs": arguments.runs, "kills": arguments.kills, "brokers": arguments.brokers,
             "stores": arguments.stores}  # fmt: skip
    size = replace(size, **{name: value for name, value in given.items() if value is not None})
    return replace(size, span_s=arguments.minutes * 60) if arguments.minutes else size


def parsed() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="what everything is drawn from")
    parser.add_argument("--runs", type=int, help=f"runs to start ({FULL.runs})")
    parser.add_argument("--kills", type=int, help=f"processes to kill ({FULL.kills})")
    parser.add_argument("--brokers", type=int, help=f"restarts of the broker ({FULL.brokers})")
    parser.add_argument("--stores", type=int, help=f"restarts of the store ({FULL.stores})")
    parser.add_argument("--minutes", type=float, help=f"of mischief ({FULL.span_s / 60:.0f})")
    parser.add_argument("--recovery", action="store_true", help="measure how soon work goes on, and no more")
    parser.add_argument("--short", action="store_true", help="the form that runs with the tests")
    return parser.parse_args()


async def recovery(home: Path) -> bool:
    """Print what was measured; whether all of it was within its bound."""
    figures = await measured(home, say)
    told = "\n".join(map(str, figures))
    sys.stdout.write(f"recovery, seconds {'':44} measured  bound\n{told}\n")
    return all(each.good for each in figures)


async def chaos(home: Path, seed: int, size: Size) -> bool:
    """Print what came of a storm; whether nothing was lost or doubled."""
    outcome = await storm(home, seed, size, say)
    sys.stdout.write(f"{outcome.table}\n")
    return not outcome.violations


def main() -> int:
    """0 when there is no violation. Otherwise the state folder stays, and is named."""
    arguments = parsed()
    for name in ("aiormq", "aio_pika", "asyncio"):  # they tell of every connection that is lost
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", message=".*Connection.close.*", category=RuntimeWarning)
    seed = random.randrange(1_000_000) if arguments.seed is None else arguments.seed
    home = Path(tempfile.mkdtemp(prefix="weft-chaos-"))
    good = False
    try:
        if arguments.recovery:
            good = asyncio.run(recovery(home))
        else:
            say(f"seed {seed}")
            good = asyncio.run(chaos(home, seed, wanted(arguments)))
    finally:
        if good:
            shutil.rmtree(home, ignore_errors=True)
        else:
            say(f"seed {seed}: the logs and the store are in {home}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
