"""A node of connectors with its credential opened, as the executor hands it in."""

from typing import Any, cast

import pytest

from shared.context import Context
from shared.credentials import CredentialData, Opened
from shared.http import HttpClient
from shared.nodes import NodeFailed, Registered
from shared.sandbox import Sandbox

NO_SANDBOX = cast(Sandbox, None)
"""They evaluate nothing themselves."""


async def answer(run: Any, secret: CredentialData | None, *, inside: bool = True, **config: Any) -> Any:
    """The output of a node for a config; `inside` opens loopback."""
    registered: Registered = run.registered
    model = registered.config_model.model_validate(config)
    opened = (
        None if secret is None else Opened("cred_1", str(registered.node_type.credential_type), 1, secret)
    )
    async with HttpClient(allow=["127.0.0.1"] if inside else []) as http:
        context = Context("run_1", "default", "tell", 1, NO_SANDBOX, {}, http=http, credential=opened)
        return await registered.run(model, context)


async def failure(run: Any, secret: CredentialData | None, **config: Any) -> NodeFailed:
    """The failure that it leads to."""
    with pytest.raises(NodeFailed) as failed:
        await answer(run, secret, **config)
    return failed.value
