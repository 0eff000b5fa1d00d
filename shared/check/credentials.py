"""Whether nodes have the credentials that their types ask for."""

from collections.abc import Iterator

from shared.check.scope import Known
from shared.check.sketch import Sketch
from shared.contracts.graph import Node
from shared.expressions.errors import Problem


def credential_problems(sketch: Sketch, known: Known) -> Iterator[Problem]:
    """Those that are missing, of another type, not among the workspace's, or not to be used here."""
    for at, node in sketch.nodes.items():
        if wrong := _wrong(node, known):
            yield Problem(f"nodes[{at}].credential_id", *wrong, lacking=True)


def needless_credentials(sketch: Sketch, known: Known) -> Iterator[Problem]:
    """Those that a node's type has no use for."""
    for at, node in sketch.nodes.items():
        node_type = known.catalog.get(node.type)
        if node.credential_id is not None and node_type and not node_type.credential_types:
            said = f"`{node.type}` uses no credential"
            yield Problem(f"nodes[{at}].credential_id", "needless_credential", said)


def _wrong(node: Node, known: Known) -> tuple[str, str] | None:
    node_type = known.catalog.get(node.type)
    if node_type is None or not (usable := node_type.credential_types):
        return None
    wanted = " or ".join(f"`{each}`" for each in usable)
    if node.credential_id is None:
        said = f"`{node.type}` needs a credential of type {wanted}"
        return ("missing_credential", said) if node_type.credential_type else None
    if known.credentials is None:
        return None
    name, found = node.credential_id[:100], known.credentials.get(node.credential_id)
    if found is None:
        return "unknown_credential", f"there is no credential `{name}` in this workspace"
    if found not in usable:
        return "wrong_credential", f"`{name}` is of type `{found}`; `{node.type}` needs one of type {wanted}"
    said = f"credential `{name}` is shared neither with you nor with this workflow: ask its owner"
    return ("unshared_credential", said) if node.credential_id in known.unshared else None
