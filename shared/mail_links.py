"""Links that only who gets a mail may know. The planner, which seals and opens nothing, does without this."""

from shared.sealing import context_of
from shared.storage.deliveries import Delivery


def link_context(delivery: Delivery) -> bytes:
    """What its link is sealed for: in another delivery, or to another address, it cannot be opened."""
    return context_of("delivery", delivery.id, delivery.to)
