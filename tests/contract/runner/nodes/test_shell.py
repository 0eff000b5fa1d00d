import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest

from services.runner.script import run_script
from tests.contract.nodes import Nodes
from tests.waiting import until


@pytest.mark.parametrize(
    ("config", "stdout"),
    [
        ({"script": "echo hello"}, "hello\n"),
        ({"script": 'echo "$1 and $2"', "args": ["{{ trigger.word }}", "$(id)"]}, "two words and $(id)\n"),
        ({"script": "cat", "stdin": "{{ trigger.word }}"}, "two words"),
        ({"script": "cat", "stdin": "{{ trigger }}"}, '{"word":"two words"}'),
        ({"script": "echo '{{ trigger.word }}'"}, "{{ trigger.word }}\n"),
        ({"script": "true", "stdin": "x" * 1_000_000}, ""),
        ({"script": "yes | head -n 1"}, "y\n"),
        ({"script": "printf 'a\\377b'"}, "a\ufffdb"),
        ({"script": "echo kept > file && cat file && ls"}, "kept\nfile\n"),
    ],
)
async def test_what_a_script_writes_is_the_output(nodes: Nodes, config: dict[str, Any], stdout: str) -> None:
    output = await nodes.output("shell", config, trigger={"word": "two words"})
    assert output == {"exit_code": 0, "stdout": stdout, "stderr": "", "truncated": False}


async def test_the_two_outputs_are_kept_apart(nodes: Nodes) -> None:
    output = await nodes.output("shell", {"script": "echo out; echo err > /dev/stderr"})
    assert (output["stdout"], output["stderr"]) == ("out\n", "err\n")


async def test_only_the_beginning_of_a_long_output_is_kept(nodes: Nodes) -> None:
    output = await nodes.output("shell", {"script": "yes | head -c 3000000"})
    assert (len(output["stdout"]), output["truncated"]) == (1_000_000, True)


@pytest.mark.parametrize(
    ("script", "code", "stderr"),
    [
        ("echo so far; echo no >&2; exit 3", "exit_3", "no\n"),
        ("kill -9 $$", "exit_137", ""),
        ("ulimit -t unlimited", "exit_2", "ulimit"),
        ("nothing-of-that-name", "exit_127", "not found"),
        ("if then", "exit_2", "yntax error"),
    ],
)
async def test_another_exit_code_than_0_is_a_failure(
    nodes: Nodes, script: str, code: str, stderr: str
) -> None:
    failure = await nodes.failure("shell", {"script": script})
    assert (failure.code, failure.retryable) == (code, False)
    assert stderr in str(failure.details["stderr"])
    assert failure.details["exit_code"] == int(code.removeprefix("exit_"))


async def test_a_script_finds_nothing_of_the_service(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_SECRET", "mine")
    output = await nodes.output("shell", {"script": "env; echo; ls -A; ls /proc/self/fd; pwd"})
    environment, _, rest = output["stdout"].partition("\n\n")
    names = {line.partition("=")[0] for line in environment.splitlines()}
    assert names <= {"PATH", "LANG", "HOME", "TMPDIR", "PWD", "SHLVL", "_"}
    *descriptors, folder = rest.split()
    assert descriptors == ["0", "1", "2", "3"]  # the last is that of `ls`
    assert Path(folder).parent == Path(tempfile.gettempdir())
    assert Path(folder) not in folders()


@pytest.mark.parametrize(
    "script",
    [
        "mkdir -p a/b && touch a/b/c && chmod 000 a/b a && pwd",
        "sleep 1000 & pwd",
        "setsid sh -c 'touch away; sleep 1000' & until [ -e away ]; do sleep 0.01; done; pwd",
    ],
)
async def test_nothing_is_left_of_a_script(nodes: Nodes, script: str) -> None:
    output = await nodes.output("shell", {"script": script})
    assert not folders() & {Path(output["stdout"].strip())}
    assert not processes_of(output["stdout"].strip())


async def test_a_script_that_takes_too_long_is_stopped(nodes: Nodes) -> None:
    failure = await nodes.failure("shell", {"script": "sleep 1000", "timeout_s": 0.2})
    assert (failure.code, failure.retryable) == ("timeout", True)
    assert "0.2 s" in failure.message


async def test_a_script_that_multiplies_is_stopped_with_all_it_started(nodes: Nodes) -> None:
    bomb = "bomb() { bomb | bomb & }; bomb; sleep 1000"
    assert (await nodes.failure("shell", {"script": bomb, "timeout_s": 0.5})).code == "timeout"
    assert (await nodes.output("shell", {"script": "echo fine"}))["stdout"] == "fine\n"


async def test_a_script_nobody_waits_for_any_more_is_killed_with_all_it_started() -> None:
    before = folders()
    script = "sleep 1000 & setsid sh -c 'touch started; sleep 1000' & wait"
    running = asyncio.create_task(run_script(script, [], "", timeout_s=60))
    await until(lambda: any((each / "started").exists() for each in folders() - before))
    (folder,) = folders() - before
    assert len(processes_of(str(folder))) >= 3
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not processes_of(str(folder))
    assert folder not in folders()


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("dd if=/dev/zero of=large bs=1M count=200", "exit_153"),
        ("dd if=/dev/zero of=/dev/null bs=2G count=1", "exit_1"),
    ],
    ids=["a file", "memory"],
)
async def test_limits_hold(nodes: Nodes, script: str, code: str) -> None:
    assert (await nodes.failure("shell", {"script": script})).code == code


@pytest.mark.parametrize("config", [{"script": "echo \0"}, {"script": "true", "args": ["\0"]}])
async def test_the_character_nul_is_refused(nodes: Nodes, config: dict[str, Any]) -> None:
    assert (await nodes.failure("shell", config)).code == "invalid_input"


def folders() -> set[Path]:
    """The folders of scripts under way."""
    return set(Path(tempfile.gettempdir()).glob("weft-shell-*"))


def processes_of(folder: str) -> list[int]:
    """The processes that were started in a folder."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_text()
        except OSError:
            continue
        if folder in environment:
            found.append(int(process.name))
    return found
