"""The runner: executes the core node types. Stateless, knows no secrets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.runner import nodes
from services.runner.settings import RunnerSettings
from shared.confine import keep_secrets
from shared.nodes import Registered, discover
from shared.pool import executor
from shared.sandbox import Sandbox
from shared.service import Service, run_service
from shared.storage.cache import Cache
from shared.storage.payloads import Payloads
from shared.tree import TreeRunner

SETTINGS = RunnerSettings()


def offered(settings: RunnerSettings) -> dict[str, Registered]:
    """The node types this runner executes: all there are, but `shell` only where it is allowed."""
    found = discover(nodes)
    if not settings.allow_shell:
        del found["shell"]
    return found


@asynccontextmanager
async def runner(service: Service) -> AsyncIterator[None]:
    """Compose the runner: the core node types and their sandbox."""
    found = offered(SETTINGS)
    if SETTINGS.allow_shell:
        keep_secrets()  # a script may run as the same user
    async with Sandbox(processes=SETTINGS.sandboxes) as sandbox:
        trees = TreeRunner(found, sandbox, Payloads(service.store), cache=Cache(service.store))
        async with executor(service, found, trees, prefetch=SETTINGS.prefetch):
            yield


if __name__ == "__main__":
    run_service("runner", SETTINGS, runner)
