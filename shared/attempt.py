"""One attempt of one node: its expressions evaluated, run, and what came of it as data."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from shared.context import Context
from shared.contracts.base import Json
from shared.contracts.catalog import NodeType
from shared.contracts.directive import AwaitDecision, AwaitSignal, Directive, SleepUntil, SpawnRuns
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.failure import Failure, failure
from shared.contracts.graph import OUT
from shared.contracts.node_run import NodeResult
from shared.contracts.value import MAX_VALUE_BYTES, Value, from_json, to_json
from shared.credentials import Opened
from shared.expressions import ExpressionError, resolve
from shared.ids import now_ms
from shared.metrics import NODE_SECONDS
from shared.mocked import mocked
from shared.nodes import NodeFailed, Registered, Routed
from shared.patience import patiently
from shared.redaction import NOTHING, REDACTING, Redactor
from shared.remembered import Remembered, key_of
from shared.sandbox import SandboxError
from shared.secret_variables import Opener, add_secrets
from shared.storage.payloads import Payloads
from shared.telemetry import logger

Keyring = Callable[[NodeReady, str, NodeType], Awaitable[Opened]]
"""Opens a credential for a node of a type, in a message; raises NodeFailed where that must not be."""
MAX_LIST_BYTES = 15_000_000
"""The largest list that a map is given: the planner unpacks it."""
DIRECTIVES = (SleepUntil, AwaitDecision, AwaitSignal, SpawnRuns)


@dataclass
class _Outcome:
    """What has become known of an attempt so far; a failure leaves what was there. `key` is what the answer
    is to be remembered under."""

    port: str | None = None
    value: Any = None
    output: Json | None = None
    input: Json | None = None
    failure: Failure | None = None
    directive: Directive | None = None
    cached: bool = False
    key: str | None = None

    @property
    def status(self) -> Literal["succeeded", "failed", "suspended"]:
        """What the node's status is to be."""
        if self.failure:
            return "failed"
        return "suspended" if self.directive else "succeeded"

    def redact(self, redactor: Redactor) -> None:
        """Take the secrets out of all that is kept or told. What holds none, as almost always, is not
        parsed."""
        if self.output and redactor.finds(self.output):
            self.value = redactor.value(from_json(self.output))
            self.output = to_json(self.value)
        if self.input and redactor.finds(self.input):
            self.input = to_json(redactor.value(from_json(self.input)))
        if self.failure:
            self.failure = Failure.model_validate(redactor.value(self.failure.model_dump()))

    def take(self, answer: Any) -> None:
        """Sort what the node type has answered; raises NodeFailed when it is too large to be stored."""
        if isinstance(answer, Failure):
            self.failure = answer
        elif isinstance(answer, DIRECTIVES):
            if isinstance(answer, SpawnRuns):
                _sized(_text_of(answer.items), "the list of its items", MAX_LIST_BYTES)
                _sized(_text_of(answer.item), "what its child run begins with")
            self.directive = answer
        else:
            routed = answer if isinstance(answer, Routed) else Routed(OUT, answer)
            self.port, self.value = routed.port, routed.output
            self.output = _sized(to_json(self.value), "the output")


class Attempts:
    """Runs single nodes of the types an executor knows."""

    def __init__(
        self,
        node_types: Mapping[str, Registered],
        payloads: Payloads,
        remembered: Remembered | None,
        keyring: Keyring | None = None,
        opener: Opener | None = None,
    ) -> None:
        self._node_types = node_types
        self._payloads = payloads
        self._remembered = remembered
        self._keyring = keyring
        self._opener = opener

    async def run(self, ready: NodeReady, node_task: NodeTask, context: Context) -> tuple[NodeResult, Any]:
        """The result, and the output as a value; never raises for what a node does."""
        started_at, start = now_ms(), time.perf_counter()
        outcome = _Outcome()
        try:
            async with asyncio.timeout(node_task.timeout_s):
                await self._answer(ready, node_task, context, outcome)
        except Exception as error:
            outcome.failure = _failure(error, node_task, context.redactor)
        if context.redactor is not NOTHING:
            outcome.redact(context.redactor)
            REDACTING.set(NOTHING)
        result = NodeResult(
            node=node_task.node,
            attempt=node_task.attempt,
            status=outcome.status,
            port=None if outcome.failure else outcome.port,
            output=None if outcome.failure else await self._kept(outcome.output),
            input=await self._kept(outcome.input),
            failure=outcome.failure and outcome.failure.model_copy(update={"node": node_task.node}),
            directive=None if outcome.failure else await self._carried(outcome.directive),
            turn=node_task.turn,
            cached=outcome.cached,
            logs=context.logs,
            usage=context.usage,
            started_at=started_at,
            finished_at=max(started_at, now_ms()),
        )
        NODE_SECONDS.labels(node_task.type, result.status).observe(time.perf_counter() - start)
        if self._remembered and outcome.key and result.output and node_task.cache_ttl_s:
            port, ttl_s = result.port or OUT, node_task.cache_ttl_s
            await self._remembered.keep(outcome.key, ready.workspace_id, port, result.output, ttl_s)
        return result, outcome.value

    async def _answer(
        self, ready: NodeReady, node_task: NodeTask, context: Context, outcome: _Outcome
    ) -> None:
        if node_task.mock is not None:
            outcome.take(mocked(node_task.mock))
            return
        add_secrets(ready, node_task, context, self._opener)
        registered = self._known(node_task.type)
        manifest = registered.node_type
        if node_task.credential_id and manifest.credential_types:
            await self._open(ready, node_task.credential_id, manifest, context)
        config = await resolve(
            context.sandbox,
            from_json(node_task.config),
            context.bindings,
            per_item=manifest.per_item,
            code=manifest.unread,
        )
        outcome.input = _input(config, context)
        suspends = manifest.waits or manifest.bodies
        if self._remembered and node_task.cache_ttl_s and not ready.dry and not suspends:
            mine = context.credential
            which = f"{mine.id}:{mine.revision}" if mine else ""
            outcome.key = key_of(ready.workspace_id, manifest, config, context.bindings, which)
            if hit := await self._remembered.find(outcome.key, ready.workspace_id):
                outcome.take(Routed(hit[0], from_json(hit[1])))
                outcome.cached, outcome.key = True, None
                return
        outcome.take(await registered.run(registered.config_model.model_validate(config), context))
        if outcome.directive and ready.side_effects != "none":
            said = f"{node_task.type} has side effects and asked to be suspended; a node type can do only one"
            raise NodeFailed("internal", said)

    async def _open(self, ready: NodeReady, credential_id: str, manifest: NodeType, context: Context) -> None:
        """Give the attempt its credential; raises NodeFailed where it must not be used, or cannot be."""
        if self._keyring is None:
            raise NodeFailed("no_vault", f"{manifest.type} is run by an executor that opens no credentials")
        context.credential = await self._keyring(ready, credential_id, manifest)
        context.hide(context.credential.secrets)

    def _known(self, type_name: str) -> Registered:
        if type_name in self._node_types:
            return self._node_types[type_name]
        known = f"this executor has {len(self._node_types)} types, and {type_name!r} is none of them"
        raise NodeFailed("unknown_type", known)

    async def _kept(self, text: Json | None) -> Value | None:
        """A value that can travel; outside the node's time limit, for the store may be away."""
        return None if text is None else await patiently(lambda: self._payloads.put(text), "output")

    async def _carried(self, directive: Directive | None) -> Directive | None:
        """A directive whose values can travel."""
        if not isinstance(directive, SpawnRuns):
            return directive
        values = {"items": directive.items, "item": directive.item}
        moved = {
            name: await self._kept(each.json_text)
            for name, each in values.items()
            if each and each.json_text is not None
        }
        return directive.model_copy(update=moved)


def _input(config: dict[str, Any], context: Context) -> Json | None:
    """The config as it is shown with the attempt, unless it is too large for the store."""
    text = to_json(config)
    if (size := _size(text)) <= MAX_VALUE_BYTES:
        return text
    context.log(f"The input has {size:,} bytes; of those above {MAX_VALUE_BYTES:,} none is kept.")
    return None


def _text_of(value: Value | None) -> Json:
    return value.json_text or "" if value else ""


def _sized(text: Json, what: str, most: int | None = None) -> Json:
    most = most or MAX_VALUE_BYTES
    if (size := _size(text)) > most:
        said = f"{what} has {size:,} bytes; {most:,} may be"
        raise NodeFailed("output_too_large", said, size=size, limit=most)
    return text


def _size(text: Json) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _failure(error: Exception, node_task: NodeTask, redactor: Redactor) -> Failure:
    """An exception as data; one that no node type should let through is logged as a bug."""
    node, told = node_task.node, redactor.text
    match error:
        case NodeFailed():
            return error.failure.model_copy(update={"node": node})
        case ExpressionError():
            return failure(error.code, told(str(error)), node=node, path=error.path)
        case SandboxError():
            return failure(error.code, told(str(error)), node=node, line=error.line)
        case TimeoutError():
            return failure("timeout", f"the node did not finish within {node_task.timeout_s:g} s", node=node)
        case ValidationError():
            found = error.errors(include_url=False, include_input=False)
            said = "; ".join(f"config.{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found[:5])
            return failure("invalid_config", said, node=node)
        case TypeError() | ValueError():
            logger.warning("node.bad_value", type=node_task.type, error=told(str(error))[:300])
            return failure("bad_value", told(f"{node_task.type}: {error}"), node=node)
        case _:
            logger.exception("node.raised", type=node_task.type, node=node)
            said = f"{node_task.type} raised {type(error).__name__}: {error}"
            return failure("internal", told(said), node=node)
