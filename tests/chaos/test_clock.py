"""A process whose wall clock jumps, and what it makes of that."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from services.local.system import ROOT
from tests.chaos.keeper import CLOCK

PROGRAM = """
import json, sys, time
from pathlib import Path
from shared.ids import now_ms
before = now_ms()
Path(sys.argv[1]).write_text("3600")
jumped_at = time.monotonic() + 10
while time.time() < before / 1000 + 3000 and time.monotonic() < jumped_at:
    time.sleep(0.01)
print(json.dumps({"wall": time.time(), "ours": now_ms() / 1000, "before": before / 1000}))
"""


def test_its_wall_clock_jumps_and_it_does_not(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    env = {**os.environ, "PYTHONPATH": f"{CLOCK}:{ROOT}", "WEFT_CHAOS_CLOCK": str(file)}
    began = time.time()
    command = [sys.executable, "-c", PROGRAM, str(file)]
    told = subprocess.run(command, env=env, capture_output=True, check=True)
    found = json.loads(told.stdout)
    gone = time.time() - began
    assert 3600 <= found["wall"] - found["before"] <= 3600 + gone
    assert 0 <= found["ours"] - found["before"] <= 2 * gone
