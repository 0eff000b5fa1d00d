"""Runs the nodes of one message, one after the other, each on what those before it answered."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from shared.context import Context
from shared.contracts.base import Json
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.failure import Failure, failure
from shared.contracts.graph import OUT
from shared.contracts.node_run import NodeResult
from shared.contracts.value import Value, from_json, to_json
from shared.expressions import ExpressionError, resolve
from shared.ids import now_ms
from shared.metrics import NODE_SECONDS
from shared.nodes import NodeFailed, Registered, Routed
from shared.patience import patiently
from shared.sandbox import Sandbox, SandboxError
from shared.storage.payloads import Payloads
from shared.telemetry import logger

MAX_OUTPUT_BYTES = 15_000_000
MESSAGE_BUDGET_S = 0.1
NODE_BUDGET_S = 0.025


class TreeRunner:
    """Knows the node types of an executor and what they may use."""

    def __init__(
        self, node_types: Mapping[str, Registered], sandbox: Sandbox, payloads: Payloads, *, http: Any = None
    ) -> None:
        self._node_types = node_types
        self._sandbox = sandbox
        self._payloads = payloads
        self._http = http

    async def run(self, ready: NodeReady) -> list[NodeResult]:
        """The results in order; it ends at the first failure. When its nodes turn out to be slow, it hands
        back the rest: branches can run elsewhere, side by side, and what a node outside has answered is soon
        told."""
        bindings = await self._bindings(ready)
        results: dict[str, NodeResult] = {}
        start, last = time.perf_counter(), None
        for node_task in ready.nodes:
            before = results.get(node_task.after) if node_task.after else None
            if node_task.after and (before is None or before.port != node_task.after_port):
                continue
            if results and self._hands_back(
                ready, node_task, last, time.perf_counter() - start, len(results)
            ):
                continue
            result, output = await self._run_one(ready, node_task, bindings)
            results[node_task.node] = result
            if result.failure:
                break
            bindings["nodes"][node_task.node] = output
            last = node_task.node
        return list(results.values())

    @staticmethod
    def _hands_back(
        ready: NodeReady, node_task: NodeTask, last: str | None, seconds: float, nodes: int
    ) -> bool:
        """A chain without side effects goes on; a new branch does if the nodes so far were light, by their
        average, so that a busy executor is not blamed; a chain of calls does as long as it is quick."""
        if seconds <= MESSAGE_BUDGET_S:
            return False
        if ready.side_effects != "none":
            return True
        return node_task.after != last and seconds > NODE_BUDGET_S * nodes

    async def _bindings(self, ready: NodeReady) -> dict[str, Any]:
        values = [*ready.outputs.values(), *([ready.trigger] if ready.trigger else [])]
        texts = await patiently(lambda: self._payloads.texts(values), "inputs")

        def load(value: Value) -> Any:
            return from_json(value.json_text if value.json_text is not None else texts[value.ref or ""])

        return {
            "nodes": {node_id: load(value) for node_id, value in ready.outputs.items()},
            "trigger": load(ready.trigger) if ready.trigger else None,
            "run": {"id": ready.run_id, "workspace_id": ready.workspace_id, "workflow_id": ready.workflow_id},
            "vars": from_json(ready.vars),
        }

    async def _run_one(
        self, ready: NodeReady, node_task: NodeTask, bindings: dict[str, Any]
    ) -> tuple[NodeResult, Any]:
        started_at, start = now_ms(), time.perf_counter()
        named = {node_id: bindings["nodes"].get(node_id) for node_id in node_task.references}
        context = Context(
            run_id=ready.run_id,
            workspace_id=ready.workspace_id,
            node_id=node_task.node,
            attempt=node_task.attempt,
            sandbox=self._sandbox,
            bindings={**bindings, "nodes": named},
            http=self._http,
        )
        outcome = _Outcome()
        try:
            async with asyncio.timeout(node_task.timeout_s):
                await self._answer(node_task, context, outcome)
        except Exception as error:
            outcome.failure = _failure(error, node_task)
        received, answered = await self._kept(outcome.input), await self._kept(outcome.output)
        status = "failed" if outcome.failure else "succeeded"
        NODE_SECONDS.labels(node_task.type, status).observe(time.perf_counter() - start)
        result = NodeResult(
            node=node_task.node,
            attempt=node_task.attempt,
            status=status,
            port=None if outcome.failure else outcome.port,
            output=None if outcome.failure else answered,
            input=received,
            failure=outcome.failure,
            logs=context.logs,
            started_at=started_at,
            finished_at=max(started_at, now_ms()),
        )
        return result, outcome.value

    async def _answer(self, node_task: NodeTask, context: Context, outcome: "_Outcome") -> None:
        registered = self._node_types.get(node_task.type)
        if registered is None:
            known = f"this executor has {len(self._node_types)} types, and {node_task.type!r} is none of them"
            raise NodeFailed("unknown_type", known)
        manifest = registered.node_type
        config = await resolve(
            self._sandbox,
            from_json(node_task.config),
            context.bindings,
            per_item=manifest.per_item,
            code=manifest.code,
        )
        outcome.input = to_json(config)
        answer = await registered.run(registered.config_model.model_validate(config), context)
        outcome.port, outcome.value = (
            (answer.port, answer.output) if isinstance(answer, Routed) else (OUT, answer)
        )
        text = to_json(outcome.value)
        if len(text) > MAX_OUTPUT_BYTES:
            raise NodeFailed(
                "output_too_large", f"the output has {len(text):,} bytes; {MAX_OUTPUT_BYTES:,} may be"
            )
        outcome.output = text

    async def _kept(self, text: Json | None) -> Value | None:
        """A value that can travel; outside the node's time limit, for the store may be away."""
        return None if text is None else await patiently(lambda: self._payloads.put(text), "output")


class _Outcome:
    """What has become known of an attempt so far; a failure leaves what was there."""

    port: str = OUT
    value: Any = None
    output: Json | None = None
    input: Json | None = None
    failure: Failure | None = None


def _failure(error: Exception, node_task: NodeTask) -> Failure:
    """An exception as data; one that no node type should let through is logged as a bug."""
    node = node_task.node
    match error:
        case NodeFailed():
            return error.failure.model_copy(update={"node": node})
        case ExpressionError():
            return failure(error.code, str(error), node=node, path=error.path)
        case SandboxError():
            return failure(error.code, str(error), node=node, line=error.line)
        case TimeoutError():
            return failure("timeout", f"the node did not finish within {node_task.timeout_s:g} s", node=node)
        case ValidationError():
            found = error.errors(include_url=False, include_input=False)
            said = "; ".join(f"config.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found[:5])
            return failure("invalid_config", said, node=node)
        case TypeError() | ValueError():
            logger.warning("node.bad_value", type=node_task.type, error=str(error)[:300])
            return failure("bad_value", f"{node_task.type}: {error}", node=node)
        case _:
            logger.exception("node.raised", type=node_task.type, node=node)
            return failure("internal", f"{node_task.type} raised {type(error).__name__}: {error}", node=node)
