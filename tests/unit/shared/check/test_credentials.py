"""Credentials that nodes need and have."""

import pytest

from shared.check import check
from shared.contracts.catalog import NodeType
from tests.unit.shared.check.graphs import each, found, raw_graph, raw_node

OURS = {"cred_mail": "smtp", "cred_chat": "slack"}


@pytest.mark.parametrize(
    ("credential_id", "code", "code_when_unknown"),
    [
        ("cred_mail", None, None),
        (None, "missing_credential", "missing_credential"),
        ("cred_chat", "wrong_credential", None),
        ("cred_of_others", "unknown_credential", None),
    ],
)
def test_a_node_needs_a_credential_of_its_type_from_its_workspace(
    credential_id: str | None,
    code: str | None,
    code_when_unknown: str | None,
    catalog: dict[str, NodeType],
) -> None:
    mail = raw_node("mail", "mail", credential_id=credential_id)
    for graph, path in (
        (raw_graph([mail]), "nodes[0].credential_id"),
        (raw_graph([each("all", raw_graph([mail]))]), "nodes[0].config.graph.nodes[0].credential_id"),
    ):
        assert found(graph, catalog, credentials=OURS) == ([(path, code)] if code else [])
        assert found(graph, catalog) == ([(path, code_when_unknown)] if code_when_unknown else [])


def test_a_credential_without_use_is_a_warning(catalog: dict[str, NodeType]) -> None:
    checked = check(raw_graph([raw_node("a", credential_id="cred_mail")]), catalog)
    assert not checked.problems
    assert [(each.path, each.code) for each in checked.warnings] == [
        ("nodes[0].credential_id", "needless_credential")
    ]
