"""Where a webhook is to be called, for those who may know it."""

from collections.abc import Sequence

from fastapi import Request

from services.gateway.errors import Refused
from services.gateway.parts import gateway_of
from services.gateway.present import Shown
from services.gateway.routes.node_runs import root_of
from shared.contracts.trigger import Trigger
from shared.contracts.webhook import WebhookConfig

PATH = "/api/v1/hooks"


def config_of(trigger: Trigger) -> WebhookConfig:
    """The config of a webhook; raises Refused when the trigger is none."""
    if not isinstance(trigger.config, WebhookConfig):
        told = f"Trigger {trigger.id!r} is of kind {trigger.config.kind!r}: it has no address"
        raise Refused("no_webhook", told)
    return trigger.config


def address_shown(request: Request, trigger: Trigger, drawn: Sequence[str] = ()) -> Shown:
    """The address of a webhook; raises Refused when it cannot be read any more."""
    config = config_of(trigger)
    token = gateway_of(request).hooks.sealing.open(trigger.id, config.token) if config.token else None
    if token is None:
        told = "The address was sealed with a secret of the installation that is gone: rotate it"
        raise Refused("no_webhook", told)
    url = f"{root_of(request)}{PATH}/{token}"
    return {"url": url, "test_url": f"{url}/test", "secrets": list(drawn)}


def address_told(request: Request, trigger: Trigger, drawn: Sequence[str]) -> Shown:
    """The same as a part of the trigger, if it is a webhook."""
    if not isinstance(trigger.config, WebhookConfig):
        return {}
    return {"hook": address_shown(request, trigger, drawn)}
