"""Runs one node as an executor does: real expressions in a real sandbox, config checked, output limited."""

from typing import Any

from jsonschema import Draft202012Validator

import services.runner.nodes
from shared.contracts.base import Json
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.failure import Failure
from shared.contracts.node_run import NodeResult
from shared.contracts.value import Value, from_json, inline, to_json
from shared.ids import now_ms
from shared.nodes import discover
from shared.sandbox import Sandbox
from shared.storage.payloads import Payloads
from shared.tree import TreeRunner

TYPES = discover(services.runner.nodes)
BUGS = ("internal", "bad_value")
"""What an executor makes of exceptions that a node type should not have let through."""


class Inline(Payloads):
    """Carries large values along instead of storing them, so that no store is needed."""

    def __init__(self) -> None:
        """Without a store."""

    async def put(self, text: Json) -> Value:
        """The text itself, whatever its size."""
        return inline(text)


class Nodes:
    """`await nodes.output("filter", {"items": "{{ trigger }}", "where": "item > 1"}, trigger=[1, 2])`"""

    def __init__(self, sandbox: Sandbox) -> None:
        self._trees = TreeRunner(TYPES, sandbox, Inline())

    async def result(
        self,
        type_name: str,
        config: dict[str, Any],
        *,
        trigger: Any = None,
        turn: int = 0,
        state: Any = None,
        dry: bool = False,
        **outputs: Any,
    ) -> NodeResult:
        """What became of the node; `outputs` are those of the nodes before it, by id."""
        node_task = NodeTask(
            node="tested",
            type=type_name,
            attempt=1,
            config=to_json(config),
            timeout_s=60,
            references=list(outputs),
            turn=turn,
            state=inline(to_json(state)) if turn else None,
        )
        ready = NodeReady(
            run_id="run_1", workspace_id="default", pool="core", side_effects="none", nodes=[node_task],
            outputs={node_id: inline(to_json(output)) for node_id, output in outputs.items()},
            trigger=inline(to_json(trigger)), dry=dry, sent_at=now_ms(),
        )  # fmt: skip
        [result] = await self._trees.run(ready)
        assert result.failure is None or result.failure.code not in BUGS, result.failure
        return result

    async def output(self, type_name: str, config: dict[str, Any], **given: Any) -> Any:
        """The node's output, which must be as its type announces it."""
        result = await self.result(type_name, config, **given)
        assert result.failure is None, result.failure
        assert result.output
        output = from_json(result.output.json_text or "")
        Draft202012Validator(TYPES[type_name].node_type.output_schema).validate(output)
        return output

    async def port(self, type_name: str, config: dict[str, Any], **given: Any) -> str | None:
        """The port the node left through, which must be one it has."""
        return (await self.result(type_name, config, **given)).port

    async def directive(self, type_name: str, config: dict[str, Any], **given: Any) -> Any:
        """What the node asks of the planner; nothing comes out of it yet."""
        result = await self.result(type_name, config, **given)
        assert result.failure is None, result.failure
        assert (result.status, result.port, result.output) == ("suspended", None, None)
        return result.directive

    async def failure(self, type_name: str, config: dict[str, Any], **given: Any) -> Failure:
        """The failure the node answered with."""
        result = await self.result(type_name, config, **given)
        assert result.failure is not None, f"it succeeded with {result.output}"
        return result.failure
