"""A workspace's variables as one node gets them: secret ones only where they can be opened."""

from collections.abc import Callable, Iterator
from typing import Any

from shared.context import Context
from shared.contracts.events import NodeReady, NodeTask
from shared.contracts.value import from_json
from shared.contracts.variable import secret_refusal
from shared.nodes import NodeFailed

Opener = Callable[[str, str, str], str]
"""The JSON text of a workspace's secret variable: workspace, name, sealed value. Raises NodeFailed."""


def add_secrets(ready: NodeReady, node_task: NodeTask, context: Context, opener: Opener | None) -> None:
    """Give the node the secret variables that it names. Raises NodeFailed: `unknown_variable`,
    `secret_variable` (for a node that is not a connector's), `secret_unreadable`."""
    plain = context.bindings["vars"]
    opened: dict[str, Any] = {}
    for name in node_task.variables or ():
        if name in plain:
            continue
        if name not in ready.secrets:
            said = f"there is no variable {name!r} in this workspace: create it, then run this again"
            raise NodeFailed("unknown_variable", said, variable=name)
        if not ready.secrets[name]:
            raise NodeFailed("secret_variable", secret_refusal(name), variable=name)
        if opener is None:
            said = f"vars.{name} cannot be opened: these connectors have no key of the vault"
            raise NodeFailed("secret_unreadable", said, variable=name)
        opened[name] = from_json(opener(ready.workspace_id, name, ready.secrets[name]))
        context.hide(_texts(opened[name]))
    if opened:
        context.bindings = {**context.bindings, "vars": {**plain, **opened}}


def _texts(value: Any) -> Iterator[str]:
    """All that is to be hidden of a secret: its texts and numbers, wherever they are in it."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
