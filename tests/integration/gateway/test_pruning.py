"""Old keys of the vault are forgotten once nothing is sealed to them, and not before."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from services.local.home import LocalError
from services.local.state import LocalSystem, only_one, write_local
from services.local.vault import main
from services.local.vault_keys import FILE, vault_settings
from shared.service import Service
from tests.integration.gateway.api import KEY, Api


async def vault(what: str) -> int:
    """The command."""
    return await main(argparse.Namespace(what=what, force=False))


def keys(home: Path) -> list[str]:
    """The private keys it has."""
    return (home / FILE).read_text().split()


def public_key(home: Path) -> str:
    """The newest key, as the gateway gets it."""
    return vault_settings(home)["WEFT_VAULT_PUBLIC_KEY"]


def at(service: Service) -> LocalSystem:
    return LocalSystem(f"http://127.0.0.1:{service.listen[1]}", KEY)


async def test_keys_that_something_is_sealed_to_are_not_forgotten(
    serve: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEFT_HOME", str(tmp_path))
    old = public_key(tmp_path)
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        async with serve(vault_public_key=old) as service:
            api = Api(at(service).url, session)
            made = await api.post("/variables", {"name": "shop_key", "value": "s3cret", "secret": True})
            assert made.status == 201, made.body
            await vault("rotate")
            with only_one(tmp_path):
                write_local(tmp_path, at(service))
                with pytest.raises(LocalError, match="the gateway still seals to"):
                    await vault("prune")
        with pytest.raises(LocalError, match="start the system"):
            await vault("prune")
        async with serve(vault_public_key=public_key(tmp_path)) as service:
            api = Api(at(service).url, session)
            with only_one(tmp_path):
                write_local(tmp_path, at(service))
                with pytest.raises(LocalError, match="1 things are still sealed to old keys"):
                    await vault("prune")
                assert len(keys(tmp_path)) == 2
                assert (await api.call("DELETE", "/variables/shop_key")).status == 204
                assert await vault("prune") == 0
    assert len(keys(tmp_path)) == 1
    assert public_key(tmp_path) != old


async def test_whoever_insists_loses_what_was_sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_HOME", str(tmp_path))
    vault_settings(tmp_path)
    await vault("rotate")
    newest = keys(tmp_path)[0]
    assert await main(argparse.Namespace(what="prune", force=True)) == 0
    assert keys(tmp_path) == [newest]
