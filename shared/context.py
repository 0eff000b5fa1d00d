"""What a node type gets besides its config: who it runs for, the sandbox, the HTTP client, a log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.contracts.node_run import MAX_LINE_CHARS, MAX_LOG_LINES
from shared.contracts.usage import Usage
from shared.credentials import Opened
from shared.expressions import evaluate_each, evaluate_one
from shared.redaction import NOTHING, REDACTING, Redactor
from shared.sandbox import Ran, Sandbox

if TYPE_CHECKING:
    from shared.http import HttpClient

MAX_LOG_CHARS = 20_000


@dataclass
class Context:
    """One attempt of one node. `bindings` are the names its expressions may use: trigger, nodes, run, vars,
    and in the body of a container item and index.

    A loop is asked once for each `turn`, from the second on with the `state` that the one before has left. In
    a `dry` run nothing waits and nobody is asked. `credential` is the node's, opened for this attempt, and
    `redactor` knows its secrets."""

    run_id: str
    workspace_id: str
    node_id: str
    attempt: int
    sandbox: Sandbox
    bindings: Mapping[str, Any]
    http: "HttpClient | None" = None
    logs: list[str] = field(default_factory=list)
    turn: int = 0
    state: Any = None
    dry: bool = False
    usage: Usage = field(default_factory=Usage)
    credential: Opened | None = None
    redactor: Redactor = NOTHING
    _hidden: frozenset[str] = frozenset()
    _unkept: int = 0

    @property
    def idempotency_key(self) -> str:
        """The same for all attempts of this node in this run; for outside systems."""
        return f"{self.run_id}:{self.node_id}"

    async def each(self, expression: str, items: list[Any]) -> list[Any]:
        """A per-item expression's value for every item, in one sandbox call; raises ExpressionError."""
        return await evaluate_each(self.sandbox, expression, items, self.bindings)

    async def of_item(self, expression: str, item: Any, index: int) -> Any:
        """A per-item expression's value for one item; raises ExpressionError."""
        return await evaluate_one(self.sandbox, expression, {**self.bindings, "item": item, "index": index})

    async def run_code(self, code: str, inputs: Mapping[str, Any], *, timeout_s: float | None = None) -> Ran:
        """Run a program in a sandbox session of its own; what it prints goes to the log. Raises
        SandboxError."""
        ran = await self.sandbox.run(code, inputs, timeout_s=timeout_s)
        for line in ran.printed.splitlines():
            self.log(line)
        return ran

    async def run_javascript(
        self, code: str, inputs: Mapping[str, Any], *, timeout_s: float | None = None
    ) -> Any:
        """The value of a JavaScript program's last expression; what it prints goes to the log. Raises
        SandboxError."""
        return await self.sandbox.javascript.run(code, inputs, timeout_s=timeout_s, log=self.log)

    def spend(self, *, tokens: int = 0, cost_usd: float = 0) -> None:
        """Have this counted as what the attempt has cost, whatever becomes of it."""
        self.usage += Usage(tokens=tokens, cost_usd=cost_usd)

    def hide(self, secrets: Iterable[str]) -> None:
        """Keep these out of all that is logged, kept or told of this attempt from now on."""
        hidden = self._hidden | frozenset(secrets)
        if hidden != self._hidden:
            self._hidden, self.redactor = hidden, Redactor(hidden)
            REDACTING.set(self.redactor)

    def log(self, line: str) -> None:
        """Keep a line with the node run; number, length and total are capped, and what is cut says so."""
        line = self.redactor.text(line)
        left = MAX_LOG_CHARS - sum(map(len, self.logs))
        if not self._unkept and len(self.logs) < MAX_LOG_LINES - 1 and left > 0:
            self.logs.append(_cut(line, min(MAX_LINE_CHARS, left)))
            return
        self._unkept += 1
        told = f"({self._unkept:,} more line{'' if self._unkept == 1 else 's'} not kept)"
        self.logs[-1:] = [told] if self._unkept > 1 else [*self.logs[-1:], told]


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 1] + "\u2026"
