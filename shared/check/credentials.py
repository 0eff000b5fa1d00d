"""Whether nodes have the credentials that their types ask for."""

from collections.abc import Iterator

from shared.check.scope import Known
from shared.check.sketch import Sketch
from shared.contracts.graph import Node
from shared.expressions.errors import Problem


def credential_problems(sketch: Sketch, known: Known) -> Iterator[Problem]:
    """Those that are missing, of another type, or not among the workspace's."""
    for at, node in sketch.nodes.items():
        if wrong := _wrong(node, known):
            yield Problem(f"nodes[{at}].credential_id", *wrong, lacking=True)


def needless_credentials(sketch: Sketch, known: Known) -> Iterator[Problem]:
    """Those that a node's type has no use for."""
    for at, node in sketch.nodes.items():
        node_type = known.catalog.get(node.type)
        if node.credential_id is not None and node_type and node_type.credential_type is None:
            said = f"`{node.type}` uses no credential"
            yield Problem(f"nodes[{at}].credential_id", "needless_credential", said)


def _wrong(node: Node, known: Known) -> tuple[str, str] | None:
    node_type = known.catalog.get(node.type)
    wanted = node_type.credential_type if node_type else None
    if wanted is None:
        return None
    if node.credential_id is None:
        return "missing_credential", f"`{node.type}` needs a credential of type `{wanted}`"
    if known.credentials is None:
        return None
    name, found = node.credential_id[:100], known.credentials.get(node.credential_id)
    if found is None:
        return "unknown_credential", f"there is no credential `{name}` in this workspace"
    said = f"`{name}` is of type `{found}`; `{node.type}` needs one of type `{wanted}`"
    return None if found == wanted else ("wrong_credential", said)
