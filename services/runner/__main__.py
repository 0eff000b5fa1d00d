"""The runner: executes the core node types. Stateless, knows no secrets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.runner import nodes
from services.runner.settings import RunnerSettings
from shared.nodes import discover
from shared.pool import executor
from shared.sandbox import Sandbox
from shared.service import Service, run_service
from shared.storage.payloads import Payloads
from shared.tree import TreeRunner

SETTINGS = RunnerSettings()


@asynccontextmanager
async def runner(service: Service) -> AsyncIterator[None]:
    """Compose the runner: the core node types and their sandbox."""
    found = discover(nodes)
    async with Sandbox(processes=SETTINGS.sandboxes) as sandbox:
        trees = TreeRunner(found, sandbox, Payloads(service.store))
        async with executor(service, found, trees, prefetch=SETTINGS.prefetch):
            yield


if __name__ == "__main__":
    run_service("runner", SETTINGS, runner)
