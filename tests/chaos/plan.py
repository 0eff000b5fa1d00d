"""What is done to the system, and when: drawn from the seed, bounded in number and time."""

from dataclasses import dataclass
from random import Random

KILLED = {"planner": 3, "runner": 3, "connectors": 2, "gateway": 2}
AMONG_THE_REST = 0.7
"""What takes long to get over is done in the first part of the time."""


@dataclass(frozen=True)
class Size:
    """How much of everything. All of it is begun within `span_s`; the runs then have `calm_s` to finish."""

    runs: int = 500
    kills: int = 100
    brokers: int = 5
    stores: int = 5
    stops: int = 2
    purges: int = 4
    floods: int = 2
    huge: int = 4
    jumps: int = 2
    span_s: float = 420
    calm_s: float = 180


SHORT = Size(runs=60, kills=10, brokers=1, stores=1, stops=0, purges=1, floods=1, huge=1, jumps=1, span_s=36,
             calm_s=60)  # fmt: skip


@dataclass(frozen=True)
class Deed:
    """Something done to `whom` (a kind of process, or of queues) at a time, in seconds from the start."""

    at_s: float
    what: str
    whom: str = ""


def drawn(random: Random, size: Size) -> list[Deed]:
    """All deeds, in order."""
    kinds = tuple(KILLED)
    deeds = [
        Deed(at_s, "kill", random.choices(kinds, list(KILLED.values()))[0])
        for at_s in _spread(random, size.kills, size.span_s)
    ]
    early_s = size.span_s * AMONG_THE_REST
    deeds += [Deed(at_s, "restart", "broker") for at_s in _spread(random, size.brokers, early_s)]
    deeds += [Deed(at_s, "restart", "store") for at_s in _spread(random, size.stores, early_s)]
    for what, whom, count in (
        ("stop", ("runner", "connectors"), size.stops),
        ("purge", ("planner", "executors"), size.purges),
        ("flood", ("all",), size.floods),
        ("jump", kinds, size.jumps),
    ):
        first = random.randrange(len(whom))
        times = _spread(random, count, early_s)
        deeds += [Deed(at_s, what, whom[(first + i) % len(whom)]) for i, at_s in enumerate(times)]
    return sorted(deeds, key=lambda each: each.at_s)


def _spread(random: Random, count: int, span_s: float) -> list[float]:
    """Times by chance, one in each equal part of the span, so that they do not all come at once."""
    part_s = span_s / max(count, 1)
    return [part_s * (i + random.random()) for i in range(count)]
