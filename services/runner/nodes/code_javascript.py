"""Run JavaScript."""

from typing import Any

from pydantic import Field

from shared.nodes import Code, Context, NodeConfig, NodeFailed, node

RESERVED = {
    "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default",
    "delete", "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "function",
    "if", "implements", "import", "in", "Infinity", "instanceof", "interface", "let", "NaN", "new", "null",
    "package", "private", "protected", "public", "return", "static", "super", "switch", "this", "throw",
    "true", "try", "typeof", "undefined", "var", "void", "while", "with", "yield",
}  # fmt: skip


class Config(NodeConfig):
    """The program and the names it starts with."""

    code: Code = Field(
        description="JavaScript (ES2023) without modules, files, network or timers. The value of the last "
        "expression is the output, awaited if it is a promise; an object literal needs parentheses around "
        "it. What console.log prints goes to the log."
    )
    inputs: dict[str, Any] = Field(
        {},
        description="Names the program may use, and their values. Integers beyond 2**53 arrive as BigInt.",
    )
    timeout_s: float | None = Field(
        None, gt=0, le=600, description="Seconds the program may take; left out, the sandbox's own limit."
    )


@node("code.javascript", title="JavaScript", category="code", icon="braces")
async def code_javascript(config: Config, context: Context) -> Any:
    """Run a JavaScript program in a sandbox and hand on the value of its last expression."""
    for name in config.inputs:
        if not name.replace("$", "_").isidentifier() or name in RESERVED:
            raise NodeFailed(
                "invalid_input",
                f"{name!r} in inputs cannot be a name in JavaScript; use letters, digits, _ and $.",
            )
    return await context.run_javascript(config.code, config.inputs, timeout_s=config.timeout_s)
