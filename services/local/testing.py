"""`test`: run the cases of a file as dry runs, and show where they come to something else."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Any
from urllib.parse import quote

from services.local.cases import Case, Cases, Outcome, comparable, difference, inner, read_cases
from services.local.client import Client, Refusal, connected
from services.local.home import LocalError, free_port, weft_home
from services.local.junit import junit
from services.local.race import first_of
from services.local.run import target
from services.local.state import LocalSystem, is_up
from services.local.system import running_system
from services.local.up import say
from shared.contracts.run import RUN_FINISHED

WAIT_S, LONGEST_S = 30, 300


async def main(args: argparse.Namespace) -> int:
    """Exit code 0 when every case comes to what it must. Where no system is up, one is for the time being."""
    files = [read_cases(Path(each)) for each in args.files]
    if args.url or is_up(weft_home()):
        return await _tested(target(args), files, args.junit)
    async with running_system(weft_home() / "test", port=free_port(), say=say) as system:
        return await first_of(_tested(system.about, files, args.junit), system.watch())


async def _tested(system: LocalSystem, files: Sequence[Cases], report: str | None) -> int:
    begun, outcomes = time.monotonic(), dict[str, list[Outcome]]()
    async with connected(system.url, system.api_key, system.workspace_id) as client:
        for file in files:
            say(f"{file.path}: {file.graph.name}")
            outcomes[str(file.path)] = [await _shown(client, file, case) for case in file.cases]
    if report:
        _write(Path(report), junit(outcomes))
    every = [outcome for found in outcomes.values() for outcome in found]
    failed = sum(bool(outcome.trouble) for outcome in every)
    say(f"{len(every) - failed} of {len(every)} cases ok, {failed} failed, {time.monotonic() - begun:.1f} s")
    return 1 if failed else 0


def _write(path: Path, report: bytes) -> None:
    try:
        path.write_bytes(report)
    except OSError as error:
        raise LocalError(f"cannot write {path}: {error.strerror}") from error


async def _shown(client: Client, file: Cases, case: Case) -> Outcome:
    begun = time.monotonic()
    trouble = await tried(client, file.started(case), case)
    outcome = Outcome(case.name, trouble, time.monotonic() - begun)
    say(f"  {'failed' if trouble else 'ok':<6}  {case.name} ({outcome.seconds:.2f} s)")
    if trouble:
        say(indent(trouble, " " * 10))
    return outcome


async def tried(client: Client, start: dict[str, Any], case: Case) -> str:
    """Run one case; what is not as it must be, or nothing. Raises LocalError when the system is away."""
    try:
        run = await client.post(f"runs?wait={WAIT_S}", start)
        until = time.monotonic() + LONGEST_S
        while run["status"] not in RUN_FINISHED:
            if time.monotonic() > until:
                await client.post(f"runs/{run['id']}/cancel", {"reason": "it took too long for a test"})
                return f"run {run['id']} was still {run['status']} after {LONGEST_S} s"
            run = await client.get(f"runs/{run['id']}?wait={WAIT_S}")
    except Refusal as refusal:
        return str(refusal)
    expected = case.expect.named()
    nodes = {name: await _node(client, run["id"], name) for name in expected.get("nodes", {})}
    return difference(expected, comparable(run, nodes, expected))


async def _node(client: Client, run_id: str, name: str) -> dict[str, Any] | None:
    """A node's resource; None when there is no such node, or it was never begun within its container."""
    run_id, node_id = inner(run_id, name)
    try:
        return await client.get(f"runs/{run_id}/nodes/{quote(node_id, safe='')}")
    except Refusal as refusal:
        if refusal.status == 404:
            return None
        raise
