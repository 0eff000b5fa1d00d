"""Run a shell script. Only where the operator allows it: see `allow_shell` in the runner's settings."""

from typing import Any

from pydantic import Field
from typing_extensions import TypedDict

from services.runner.script import Ended, run_script
from shared.contracts.failure import MAX_TEXT_CHARS
from shared.contracts.value import to_json
from shared.nodes import Code, Context, NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """The script and what it is given."""

    script: Code = Field(
        description="A script for /bin/sh. It runs in an empty folder of its own, without the environment of "
        "the service; {{ }} means nothing in it, so hand values over in args or stdin."
    )
    args: list[str] = Field([], max_length=100, description='What the script sees as "$1", "$2" and so on.')
    stdin: Any = Field("", description="What the script reads: text as it is, any other value as JSON.")
    timeout_s: float = Field(60, gt=0, le=3600, description="Seconds it may take, with all it starts.")


class Output(TypedDict):
    """What the script came to; `truncated` when it wrote more than is kept, a million bytes of each."""

    exit_code: int
    stdout: str
    stderr: str
    truncated: bool


@node("shell", title="Shell", category="code", icon="terminal", pool="shell", side_effects="once")
async def shell(config: Config, context: Context) -> Output:
    """Run a shell script on the runner's machine; it fails when the script ends with another code than 0."""
    stdin = config.stdin if isinstance(config.stdin, str) else to_json(config.stdin)
    if "\0" in "".join((config.script, *config.args)):
        raise NodeFailed("invalid_input", "a script and its args cannot hold the character U+0000")
    try:
        ended = await run_script(config.script, config.args, stdin, timeout_s=config.timeout_s)
    except TimeoutError:
        said = f"the script did not end within {config.timeout_s:g} s and was stopped"
        raise NodeFailed("timeout", said) from None
    except OSError as error:
        raise NodeFailed("unavailable", f"the script could not be started: {error.strerror}") from error
    if ended.exit_code:
        raise _failed(ended)
    return {
        "exit_code": ended.exit_code,
        "stdout": ended.stdout,
        "stderr": ended.stderr,
        "truncated": ended.truncated,
    }


def _failed(ended: Ended) -> NodeFailed:
    lines = ended.stderr.strip().splitlines()
    said = f"the script ended with exit code {ended.exit_code}" + (f": {lines[-1]}" if lines else "")
    return NodeFailed(
        f"exit_{ended.exit_code}", said, exit_code=ended.exit_code,
        stdout=ended.stdout[-MAX_TEXT_CHARS:], stderr=ended.stderr[-MAX_TEXT_CHARS:],
    )  # fmt: skip
