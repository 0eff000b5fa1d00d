"""`import`: make a graph of a definition in another system's language, or a workflow of it."""

import argparse
import sys
from pathlib import Path
from typing import Any

import orjson
import yaml

from services.local.client import connected
from services.local.home import LocalError
from services.local.run import target
from services.local.up import say
from services.local.yaml_file import load_yaml
from shared.asl.translate import Translated, translate


async def main(args: argparse.Namespace) -> int:
    """Exit code 0 when it could be imported. What could not be carried over is told on standard error; the
    graph goes to standard output, or with `--create` to the system as a workflow."""
    path = Path(args.file)
    document = read_definition(path)
    translated = translate(document)
    tell(translated, path)
    if translated.graph is None:
        return 1
    name = args.name or path.stem
    if not args.create:
        file = {"name": name, "graph": translated.graph, "input": {}}
        print(yaml.safe_dump(file, sort_keys=False, allow_unicode=True, width=110), end="")
        return 0
    system = target(args)
    async with connected(system.url, system.api_key, system.workspace_id) as client:
        body = {"format": args.format, "document": document, "name": name}
        imported = await client.post("workflows/import", body)
    say(f"{name}: {imported['workflow']['id']}, a draft; publish it to run it")
    return 0


def read_definition(path: Path) -> Any:
    """The definition, JSON or YAML; raises LocalError when it is neither."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise LocalError(f"cannot read {path}: {error.strerror}") from error
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as not_json:
        if path.suffix not in (".yaml", ".yml"):
            raise LocalError(f"{path} is not JSON: {not_json}") from not_json
    try:
        return orjson.loads(orjson.dumps(load_yaml(text)))
    except (yaml.YAMLError, TypeError, orjson.JSONEncodeError) as error:
        raise LocalError(f"{path} is not YAML that JSON could say: {error}") from error


def tell(translated: Translated, path: Path) -> None:
    """What keeps it from being imported, or was left out, one line each."""
    for each in (*translated.faults, *translated.not_carried):
        print(f"{path}: {each.path}: {each.message} ({each.code})", file=sys.stderr)
    for state, name in translated.mocks.items():
        if state != name:
            print(f"{path}: a dry run mocks `{state}` by the name {name}", file=sys.stderr)
