"""Where a system on this machine keeps its state (`WEFT_HOME`, else `.weft`), and what reading it needs."""

import os
import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
SERVER_PORTS = range(20_000, 32_000)


class LocalError(Exception):
    """Something on this machine stands in the way; the message says what, where, and what to do."""


def weft_home() -> Path:
    """The absolute path of the state folder; it need not exist yet."""
    return Path(os.environ.get("WEFT_HOME") or ".weft").resolve()


def private_folder(path: Path) -> Path:
    """The folder itself, made if missing and closed to other users; raises LocalError when that cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        hint = "set WEFT_HOME to one you can write to"
        raise LocalError(f"cannot make the folder {path}: {error.strerror}; {hint}") from error
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def given_together(*names: str) -> bool:
    """Whether the environment has all of these settings; raises LocalError when it has but some of them."""
    given = [name for name in names if os.environ.get(name)]
    if given and len(given) < len(names):
        raise LocalError(f"{given[0]} is set alone; set {' and '.join(names)}, or neither")
    return bool(given)


def free_port() -> int:
    """A loopback port that nobody listens on at this moment. It is below those that outgoing connections are
    given: one of them could take it before its server listens. Raises LocalError when there is none."""
    for port in random.sample(SERVER_PORTS, 200):
        if is_free(port):
            return port
    raise LocalError(f"no free port between {SERVER_PORTS.start} and {SERVER_PORTS.stop} on {LOOPBACK}")


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, or a word that there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 20_000))
            text = file.read().decode(errors="replace")
    except OSError:
        return "(no log)"
    return "\n".join(text.splitlines()[-lines:]) or "(the log is empty)"
