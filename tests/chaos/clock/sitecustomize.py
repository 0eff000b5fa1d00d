"""On the path of the processes that the chaos harness starts, and of no others: their wall clock is off by as
many seconds as stand in the file named by WEFT_CHAOS_CLOCK. Python imports this by its name at start."""

import os
import time
from pathlib import Path

LOOK_EVERY_S = 0.2
FILE = Path(os.environ.get("WEFT_CHAOS_CLOCK", ""))

_time, _time_ns, _monotonic = time.time, time.time_ns, time.monotonic
_seen = {"offset_s": 0, "look_at": 0.0}


def _off() -> float:
    now = _monotonic()
    if now >= _seen["look_at"]:
        try:
            _seen["offset_s"] = int(FILE.read_text() or 0)
        except (OSError, ValueError):
            _seen["offset_s"] = 0
        _seen["look_at"] = now + LOOK_EVERY_S
    return _seen["offset_s"]


if FILE.name:
    time.time = lambda: _time() + _off()
    time.time_ns = lambda: _time_ns() + int(_off()) * 1_000_000_000
