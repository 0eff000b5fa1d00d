"""Run Python."""

from keyword import iskeyword
from typing import Any

from pydantic import Field

from shared.nodes import Code, Context, NodeConfig, NodeFailed, node


class Config(NodeConfig):
    """The program and the names it starts with."""

    code: Code = Field(
        description="Python without packages, files or network. The value of the last expression is the "
        "output; what it prints goes to the log."
    )
    inputs: dict[str, Any] = Field({}, description="Names the program may use, and their values.")
    timeout_s: float | None = Field(
        None, gt=0, le=600, description="Seconds the program may take; left out, the sandbox's own limit."
    )


@node("code.python", title="Python", category="code", icon="square-code")
async def code_python(config: Config, context: Context) -> Any:
    """Run a Python program in a sandbox and hand on the value of its last expression."""
    for name in config.inputs:
        if not name.isidentifier() or iskeyword(name):
            raise NodeFailed(
                "invalid_input", f"{name!r} in inputs cannot be a name in Python; use letters, digits and _."
            )
    ran = await context.run_code(config.code, config.inputs, timeout_s=config.timeout_s)
    return ran.value
