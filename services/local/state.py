"""What a system that is up says of itself in its state folder: `local.json`, the API key, the lock."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from services.local.home import LocalError, private_folder, write_private

WORKSPACE = "default"


@dataclass(frozen=True)
class LocalSystem:
    """`local.json`: where the gateway listens, the key to it, and the pid of every process by name.

    `examples_url` serves the data of the examples; the connectors may reach it though it is on loopback.
    `ready_urls` tell of each service whether it is ready, and why not."""

    url: str
    api_key: str
    workspace_id: str = WORKSPACE
    examples_url: str = ""
    amqp_url: str = ""
    mongo_url: str = ""
    ready_urls: dict[str, str] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)


def write_local(home: Path, system: LocalSystem) -> None:
    """Say that the system is up."""
    write_private(home / "local.json", json.dumps(asdict(system), indent=2) + "\n")


def read_local(home: Path) -> LocalSystem | None:
    """What the system that is up, or was killed, wrote; raises LocalError when it cannot be read."""
    file = home / "local.json"
    try:
        return LocalSystem(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise LocalError(f"{file} cannot be read ({error}); remove it") from error


def is_up(home: Path) -> bool:
    """Whether a live process holds the state folder."""
    try:
        with (home / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the state folder; raises LocalError naming the pid and URL of a system that does already."""
    private_folder(home)
    with (home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise LocalError(_taken(home, file.read().strip())) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def api_key(home: Path) -> str:
    """WEFT_API_KEY, else the key in the state folder, made on first use."""
    return kept_secret(home, "WEFT_API_KEY", "api_key", "weft_")


def kept_secret(home: Path, variable: str, name: str, prefix: str = "") -> str:
    """What the environment gives, else what the state folder keeps in a file of that name, drawn on first
    use."""
    if given := os.environ.get(variable):
        return given
    file = private_folder(home) / name
    if not file.exists():
        write_private(file, f"{prefix}{secrets.token_urlsafe(32)}\n")
    return file.read_text().strip()


def _taken(home: Path, pid: str) -> str:
    system = read_local(home)
    where = f"at {system.url}" if system else "and is still starting"
    return (
        f"Weft is up already as process {pid} {where} (state in {home}); "
        f"stop it with Ctrl-C or `kill {pid}`, or start another with WEFT_HOME and WEFT_PORT set"
    )
