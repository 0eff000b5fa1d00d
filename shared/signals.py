"""Resume URLs: whoever knows one can send a signal to one node of one run, and to no other."""

import hmac
from hashlib import sha256

from shared.contracts.run import Run

SIGNALS_PATH = "/api/v1/signals"
NODE_TYPE = "signal"


def token(secret: str, node_id: str) -> str:
    """What makes the URL of a node unguessable; `secret` is its run's."""
    return hmac.new(secret.encode(), node_id.encode(), sha256).hexdigest()


def url_path(run: Run, node_id: str) -> str:
    """The path to which a node's signal is sent."""
    return f"{SIGNALS_PATH}/{run.id}/{node_id}/{token(run.secret, node_id)}"


def genuine(run: Run, node_id: str, given: str) -> bool:
    """Whether this is the node's token; takes as long whatever is wrong with it. A run without a secret has
    none."""
    return bool(run.secret) and hmac.compare_digest(token(run.secret, node_id).encode(), given.encode())
