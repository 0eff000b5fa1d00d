"""The sandbox's error, apart from the sandbox so that naming it needs no interpreter installed."""


class SandboxError(Exception):
    """A program did not come to a JSON value. `line` counts from 1; None when no line is to blame.

    `code`: `syntax_error`, `code_error` (it raised), `timeout`, `memory_exceeded`, `crashed`, `not_json`."""

    def __init__(self, code: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.line = line
