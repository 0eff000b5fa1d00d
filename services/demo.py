"""`demo`: from nothing to a published workflow and its result, live, on this machine."""

import argparse
from pathlib import Path

from services.local.client import connected
from services.local.files import EXAMPLES
from services.local.home import free_port, weft_home
from services.local.race import first_of
from services.local.run import follow, read_graph
from services.local.system import System, running_system
from services.local.up import say

DEMO = EXAMPLES / "lead-scoring.yaml"


async def main(args: argparse.Namespace) -> int:
    """Exit code 0 when the example's run succeeds. Its state is kept apart from that of `up`."""
    file = Path(args.file) if args.file else DEMO
    async with running_system(weft_home() / "demo", port=free_port(), say=say) as system:
        return await first_of(_show(system, file), system.watch())


async def _show(system: System, path: Path) -> int:
    file = read_graph(path)
    async with connected(system.about.url, system.about.api_key) as client:
        draft = {"name": file.name, "description": file.description, "graph": file.graph}
        workflow = await client.post("workflows", draft)
        version = await client.post(f"workflows/{workflow['id']}/versions", {"note": "demo"})
        say(f"\npublished {file.name} as version {version.get('version', 1)} of {workflow['id']}")
        start = {"input": file.input_at(system.about.examples_url)}
        run = await client.post(f"workflows/{workflow['id']}/runs", start)
        return await follow(client, file, run)
