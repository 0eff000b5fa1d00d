"""`python -m services up | demo | run | test | import | dead | vault | reset-password | doctor`: everything
on one machine."""

import argparse
import asyncio
import importlib
import sys
from typing import Any

from services.local.home import LocalError
from services.local.race import STOPPED, until_signal

# Imported when asked for: `up` stays in memory, and needs none of what the others do.
COMMANDS = {
    "up": "services.local.up",
    "demo": "services.demo",
    "run": "services.local.run",
    "test": "services.local.testing",
    "import": "services.local.importing",
    "dead": "services.local.dead",
    "vault": "services.local.vault",
    "reset-password": "services.local.reset_password",
    "doctor": "services.local.doctor",
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    root = argparse.ArgumentParser(prog="python -m services", description="Weft on this machine.")
    commands = root.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start everything and stay up until Ctrl-C")
    demo = commands.add_parser("demo", help="start everything, run an example, stop")
    demo.add_argument("file", nargs="?", help="a graph file; examples/lead-scoring.yaml when left out")
    run = commands.add_parser("run", help="run a graph file on a system that is up")
    run.add_argument("file", help="a YAML file with name, graph and input")
    run.add_argument("--base-url", help="where it finds the data of the examples")
    test = commands.add_parser(
        "test", help="run files of test cases dry, on a system that is up or a new one"
    )
    test.add_argument("files", nargs="+", metavar="file", help="a YAML file with graph and cases")
    test.add_argument("--junit", metavar="file", help="write the outcomes as JUnit XML")
    importing = commands.add_parser("import", help="make a graph of another system's definition")
    importing.add_argument("format", choices=["asl"], help="asl: Amazon States Language")
    importing.add_argument("file", help="a JSON or YAML file with the definition")
    importing.add_argument("--name", help="the workflow's name; the file's when left out")
    importing.add_argument(
        "--create",
        action="store_true",
        help="create the workflow on the system instead of printing the graph",
    )
    reset = commands.add_parser("reset-password", help="give somebody a new password, which is printed")
    reset.add_argument("email", help="their address")
    for command in (run, test, importing, reset, *_dead(commands)):
        command.add_argument("--url", help="another system than the one that is up here")
        command.add_argument("--api-key", help="its API key")
        command.add_argument("--workspace", default="default", help="its workspace")
    vault = commands.add_parser("vault", help="the keys that secrets are sealed to: rotate, new-key, prune")
    does = vault.add_subparsers(dest="what", required=True)
    does.add_parser("rotate", help="put a new key before those in the state folder; the next `up` seals anew")
    does.add_parser("new-key", help="print a private key and its public key, for settings kept elsewhere")
    prune = does.add_parser("prune", help="forget all keys in the state folder but the newest")
    prune.add_argument("--force", action="store_true", help="even if something is still sealed to them")
    commands.add_parser("doctor", help="say what is wrong")
    return root


def _dead(commands: Any) -> list[argparse.ArgumentParser]:
    """`dead` and what it can do."""
    dead = commands.add_parser("dead", help="messages that nobody could handle: list, show, replay, drop")
    wanted = dead.add_subparsers(dest="what", required=True)
    listing = wanted.add_parser("list", help="the latest first, one line each")
    showing = wanted.add_parser("show", help="one with its headers and its body, as JSON")
    showing.add_argument("id")
    replaying = wanted.add_parser("replay", help="send them where they were sent before")
    dropping = wanted.add_parser("drop", help="delete them for good")
    for command in (replaying, dropping):
        command.add_argument("ids", nargs="*", metavar="id")
        command.add_argument("--all", action="store_true", help="all of them")
    for command in (listing, replaying, dropping):
        command.add_argument("--queue", help="only those that died in this queue")
    return [listing, showing, replaying, dropping]


def main() -> int:
    """Run one command; 1 and a sentence when something on this machine stands in the way."""
    args = parser().parse_args()
    command = importlib.import_module(COMMANDS[args.command])
    try:
        code = asyncio.run(until_signal(command.main(args)))
    except LocalError as error:
        print(f"weft: {error}", file=sys.stderr)
        return 1
    return 0 if (args.command, code) == ("up", STOPPED) else code


if __name__ == "__main__":
    sys.exit(main())
