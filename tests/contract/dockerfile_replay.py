"""Carries out a Dockerfile's instructions in a folder, as far as they need neither root nor a base image."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from dockerfile_parse import DockerfileParser

NEEDS_AN_IMAGE = ("pip install --no-cache-dir --root-user-action=ignore uv==", "useradd ")
QUICK = {"UV_LINK_MODE": "hardlink", "UV_COMPILE_BYTECODE": "0"}
OURS = ("WEFT_", "OTEL_", "PYTHON", "PYTEST", "VIRTUAL_ENV", "UV_PROJECT", "UV_PYTHON")
UV = str(Path(sys.executable).parent)


@dataclass
class Stage:
    """One FROM: a folder that stands for the image's file system, and what later instructions see."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = "/"

    def path(self, inside: str) -> Path:
        """Where a path of the image is on this machine."""
        return self.root / os.path.normpath(os.path.join(self.folder, inside)).lstrip("/")

    def translated(self, text: str) -> str:
        """Paths below /app as they are on this machine."""
        return re.sub(r"(?<![\w.])/app\b", str(self.root / "app"), text)

    def variables(self) -> dict[str, str]:
        """The environment of a RUN or of the container: of ours, only how to reach the package index."""
        host = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        host["PATH"] = f"{UV}:/usr/bin:/bin"
        own = {name: self.translated(value) for name, value in self.environment.items()}
        return {**host, **own, "PATH": own.get("PATH", host["PATH"])}


@dataclass
class Built:
    """What the last stage has come to."""

    stage: Stage
    entrypoint: list[str]
    health_check: list[str]


class Replay:
    """Builds one service's image in `root` from the Dockerfile of `context`."""

    def __init__(self, context: Path, root: Path, service: str) -> None:
        self._context, self._root, self._service = context, root, service
        self._stages: dict[str, Stage] = {}
        self._command: list[str] = []
        self._probe: list[str] = []

    def build(self) -> Built:
        """Carry out every instruction; raises AssertionError or CalledProcessError where one fails."""
        parser = DockerfileParser(str(self._context / "Dockerfile"))
        for number, instruction in enumerate(parser.structure):
            if instruction["instruction"] == "FROM":
                name = instruction["value"].partition(" AS ")[2] or str(number)
                self._stages[name] = self._stage = Stage(self._root / name)
                self._stage.path("/").mkdir(parents=True)
            elif instruction["instruction"] != "COMMENT":
                getattr(self, f"_{instruction['instruction'].lower()}")(instruction["value"])
        return Built(self._stage, self._command, self._probe)

    def _arg(self, value: str) -> None:
        assert value == "SERVICE", "the only build argument is the service's name"
        self._stage.environment["SERVICE"] = self._service

    def _env(self, value: str) -> None:
        for pair in shlex.split(self._filled(value)):
            name, _, text = pair.partition("=")
            self._stage.environment[name] = QUICK.get(name, text)

    def _workdir(self, value: str) -> None:
        self._stage.folder = value
        self._stage.path(".").mkdir(parents=True, exist_ok=True)

    def _copy(self, value: str) -> None:
        words = shlex.split(self._filled(value))
        source = self._stages.get(words[0].removeprefix("--from="))
        words = words[1:] if source else words
        *names, target = words
        for name in names:
            origin = source.path(name) if source else self._context / name
            into = self._stage.path(target) / ("" if len(names) == 1 else Path(name).name)
            into.parent.mkdir(parents=True, exist_ok=True)
            if origin.is_dir():
                shutil.copytree(origin, into, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(origin, into)

    def _run(self, value: str) -> None:
        if not value.startswith(NEEDS_AN_IMAGE):
            folder = self._stage.path(".")
            subprocess.run(["sh", "-c", value], cwd=folder, env=self._stage.variables(), check=True)

    def _healthcheck(self, value: str) -> None:
        self._probe = json.loads(value.partition(" CMD ")[2])

    def _entrypoint(self, value: str) -> None:
        self._command = json.loads(value)

    def _expose(self, value: str) -> None:
        assert value.split() == ["8400", "9400"]

    def _user(self, value: str) -> None:
        assert int(value) > 0, "by number, so that Kubernetes can see that it is not root"

    def _filled(self, value: str) -> str:
        return Template(value).substitute({"PATH": "/usr/bin:/bin", **self._stage.environment})
