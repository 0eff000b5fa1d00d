"""Runs the nodes of one message, one after the other, each on what those before it answered."""

import time
from collections.abc import Mapping
from typing import Any

from shared.attempt import Attempts, Keyring
from shared.context import Context
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.node_run import NodeResult
from shared.contracts.value import Value, from_json
from shared.nodes import Registered
from shared.patience import patiently
from shared.remembered import Remembered
from shared.sandbox import Sandbox
from shared.secret_variables import Opener
from shared.storage.cache import Cache
from shared.storage.payloads import Payloads

MESSAGE_BUDGET_S = 0.1
NODE_BUDGET_S = 0.025


class TreeRunner:
    """Knows the node types of an executor and what they may use."""

    def __init__(
        self,
        node_types: Mapping[str, Registered],
        sandbox: Sandbox,
        payloads: Payloads,
        *,
        cache: Cache | None = None,
        http: Any = None,
        keyring: Keyring | None = None,
        opener: Opener | None = None,
    ) -> None:
        remembered = Remembered(cache, payloads) if cache else None
        self._attempts = Attempts(node_types, payloads, remembered, keyring, opener)
        self._sandbox = sandbox
        self._payloads = payloads
        self._http = http

    async def run(self, ready: NodeReady) -> list[NodeResult]:
        """The results in order; it ends at the first failure, and where a node is suspended. When its nodes
        turn out to be slow, it hands back the rest: branches can run elsewhere, side by side, and what a node
        outside has answered is soon told."""
        bindings, states = await self._load(ready)
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
            context = self._context(ready, node_task, bindings, states.get(node_task.node))
            result, output = await self._attempts.run(ready, node_task, context)
            results[node_task.node] = result
            if result.status != "succeeded":
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

    async def _load(self, ready: NodeReady) -> tuple[dict[str, Any], dict[str, Any]]:
        """The names for expressions, and the states that loops have been left with, by node."""
        states = {each.node: each.state for each in ready.nodes if each.state}
        given = [*ready.outputs.values(), *states.values(), ready.trigger, ready.item, ready.vars]
        values = [each for each in given if each]
        texts = await patiently(lambda: self._payloads.texts(values), "inputs")

        def load(value: Value) -> Any:
            return from_json(value.json_text if value.json_text is not None else texts[value.ref or ""])

        run = {"id": ready.run_id, "workspace_id": ready.workspace_id, "workflow_id": ready.workflow_id}
        bindings = {
            "nodes": {node_id: load(value) for node_id, value in ready.outputs.items()},
            "trigger": load(ready.trigger) if ready.trigger else None,
            "run": {**run, "signals": ready.signals},
            "vars": load(ready.vars) if ready.vars else {},
        }
        if ready.item:
            bindings["item"] = load(ready.item)
        if ready.index is not None:
            bindings["index"] = ready.index
        return bindings, {node_id: load(value) for node_id, value in states.items()}

    def _context(
        self, ready: NodeReady, node_task: NodeTask, bindings: dict[str, Any], state: Any
    ) -> Context:
        named = {node_id: bindings["nodes"].get(node_id) for node_id in node_task.references}
        variables: dict[str, Any] = bindings["vars"]
        if node_task.variables is not None:
            variables = {name: variables[name] for name in node_task.variables if name in variables}
        return Context(
            run_id=ready.run_id,
            workspace_id=ready.workspace_id,
            node_id=node_task.node,
            attempt=node_task.attempt,
            sandbox=self._sandbox,
            bindings={**bindings, "nodes": named, "vars": variables},
            http=self._http,
            turn=node_task.turn,
            state=state,
            dry=ready.dry,
        )
