"""The gateway put together: edge -> key guard -> routes, and the bus that tells it what happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from fastapi import FastAPI, Response
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from services.gateway import openapi
from services.gateway.connection import connection
from services.gateway.edge import Edge
from services.gateway.errors import add_handlers
from services.gateway.identity.access import ANYBODY, check_routes
from services.gateway.identity.first_start import first_start
from services.gateway.identity.guard import Guard
from services.gateway.identity.recorder import Recorder
from services.gateway.limits.browsers import KnownHosts, SafeHeaders, cross_origin
from services.gateway.limits.rates import ByAddress, ByCaller, quota
from services.gateway.parts import Gateway
from services.gateway.present import json_response
from services.gateway.routes import (
    alert_channels,
    alert_rules,
    alerts,
    analytics,
    api_keys,
    audit,
    auth,
    bulk,
    controls,
    credentials,
    dead_letters,
    events,
    grants,
    graphs,
    hook_events,
    hooks,
    imports,
    invitations,
    me,
    me_keys,
    me_sessions,
    members,
    node_controls,
    node_runs,
    oidc,
    passwords,
    people,
    reruns,
    reviews,
    runs,
    signals,
    stream_tokens,
    trigger_runs,
    triggers,
    usage,
    variables,
    vault,
    versions,
    workflows,
    workspaces,
)
from services.gateway.settings import GatewaySettings
from services.gateway.watch import RunHints
from shared.contracts.events import (
    AccessChanged,
    CredentialAnswered,
    NodeProgress,
    NodeTypeAnnounced,
    TriggerChanged,
    WorkflowChanged,
)
from shared.health import HealthApp
from shared.ids import now_ms
from shared.messaging import asyncapi
from shared.service import Service

PREFIX = "/api/v1"
# The busiest first; `bulk` before the routes that would take it for a run's id.
ROUTES = (
    runs,
    node_runs,
    events,
    stream_tokens,
    bulk,
    controls,
    node_controls,
    reruns,
    reviews,
    imports,
    workflows,
    versions,
    variables,
    usage,
    trigger_runs,
    hooks,
    hook_events,
    triggers,
    graphs,
    analytics,
    alert_rules,
    alert_channels,
    alerts,
    credentials,
    workspaces,
    members,
    invitations,
    grants,
    api_keys,
    audit,
)
OUTER = (
    graphs.catalog_router,
    auth.router,
    passwords.router,
    oidc.router,
    me.router,
    me_sessions.router,
    me_keys.router,
    workspaces.outer,
    people.router,
    audit.outer,
    usage.plans_router,
    signals.router,
    hooks.open_router,
    dead_letters.router,
    vault.router,
)
"""What belongs to no workspace."""
HEARD = (
    RunHints,
    NodeProgress,
    NodeTypeAnnounced,
    WorkflowChanged,
    TriggerChanged,
    AccessChanged,
    CredentialAnswered,
)


@asynccontextmanager
async def compose(service: Service) -> AsyncIterator[None]:
    """Put the gateway onto the service frame."""
    settings = service.settings
    assert isinstance(settings, GatewaySettings)
    gateway = Gateway(settings, service.store, service.bus)
    keys = [message.event for message in HEARD]
    service.bus.subscribe(
        f"gateway.{service.id}", gateway.heard, HEARD, bindings=keys, prefetch=200, transient=True
    )
    service.app = guarded(routed(gateway), gateway, settings, service.health)
    service.prepare.append(lambda: first_start(gateway.directory, settings, now_ms()))
    service.http = connection(settings.stalled_s)
    service.listen = (settings.host, settings.port)
    service.drain += [gateway.watchers.close, gateway.hooks.drain]
    moving = asyncio.create_task(gateway.dead_box.run())
    yield
    moving.cancel()


def guarded(app: ASGIApp, gateway: Gateway, settings: GatewaySettings, health: HealthApp) -> ASGIApp:
    """The app behind all that guards it, from the outside in: whom to believe, what browsers may do, what may
    be asked how often, and who is asking. Health is open."""
    recorded = Recorder(app, gateway.audit)
    bounded = ByCaller(recorded, quota(settings.rate_per_key), settings.requests_at_once)
    known = Guard(bounded, gateway)
    few = ByAddress(known, quota(settings.rate_per_address), quota(settings.rate_sign_in))
    edge = cross_origin(Edge(KnownHosts(few, settings.hosts), health), settings.origins)
    safe = SafeHeaders(edge, https=settings.public_url.startswith("https:"))
    if not settings.trusted_proxies:
        return safe
    return cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", safe), settings.trusted_proxies))


def routed(gateway: Gateway) -> FastAPI:
    """All routes. They are written out: a new resource is one file in `routes` and one line in `ROUTES`
    (or in `OUTER`, if it belongs to no workspace)."""
    app = FastAPI(
        title="Weft",
        version="1",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url="/docs",
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.gateway = gateway
    for each in ROUTES:
        app.include_router(each.router, prefix=f"{PREFIX}/workspaces/{{workspace_id}}")
    for router in OUTER:
        app.include_router(router, prefix=PREFIX)
    app.add_api_route(f"{PREFIX}/asyncapi.json", _asyncapi, include_in_schema=False, dependencies=[ANYBODY])
    app.openapi = partial(openapi.document, app)
    add_handlers(app)
    check_routes(app)
    return app


async def _asyncapi() -> Response:
    """The messages on the bus."""
    return json_response(asyncapi.document())
