"""Sends what is due, at least once: the outcome is stored after the attempt, and one that was never stored is
made again."""

from services.connectors.notify.attempts import claimed, delivered, failed
from services.connectors.notify.channels import Channels, NotSent
from shared.contracts.events import DeliveryDue
from shared.ids import now_ms
from shared.messaging.broker import Bus
from shared.messaging.broker import Delivery as Received
from shared.messaging.topology import NOTIFY_QUEUE
from shared.patience import patiently
from shared.storage.alert_channels import AlertChannels
from shared.storage.deliveries import Deliveries, Delivery
from shared.storage.mongo import Store
from shared.telemetry import logger

PREFETCH = 50


class Sending:
    """Handles `delivery.due`. Whoever claims a delivery first has the attempt for itself."""

    def __init__(self, store: Store, channels: Channels) -> None:
        self._deliveries = Deliveries(store)
        self._stored_channels = AlertChannels(store)
        self._channels = channels

    def subscribe(self, bus: Bus) -> None:
        """Have what is due handed to this process, with others."""
        keys = [DeliveryDue.event]
        bus.subscribe(NOTIFY_QUEUE, self.on_due, [DeliveryDue], bindings=keys, prefetch=PREFETCH)

    async def on_due(self, received: Received) -> None:
        """Make one attempt, and store what came of it."""
        due: DeliveryDue = received.message
        found = await patiently(lambda: self._deliveries.load(due.delivery_id), "delivery")
        if found is None or found.status != "waiting" or found.rev != due.rev:
            return
        mine = claimed(found, now_ms())
        if not await patiently(lambda: self._deliveries.save(mine, over=found), "delivery"):
            return
        done = await self._attempted(mine)
        if not await patiently(lambda: self._deliveries.save(done, over=mine), "delivery"):
            logger.warning("delivery.unrecorded", delivery_id=mine.id)

    async def _attempted(self, delivery: Delivery) -> Delivery:
        try:
            await self._send(delivery)
        except NotSent as error:
            logger.info("delivery.failed", delivery_id=delivery.id, error=str(error)[:300])
            return failed(delivery, str(error), now_ms(), again=error.again)
        except Exception as error:
            # Not what it says: that may have a secret in it.
            logger.error("delivery.raised", delivery_id=delivery.id, error=type(error).__name__)
            return failed(delivery, f"internal: {type(error).__name__}", now_ms(), again=True)
        return delivered(delivery, now_ms())

    async def _send(self, delivery: Delivery) -> None:
        channel = None
        if channel_id := delivery.channel_id:
            find = self._stored_channels.get
            channel = await patiently(lambda: find(delivery.workspace_id, channel_id), "channel")
            if channel is None:
                raise NotSent("the channel has been deleted", again=False)
        await self._channels.send(delivery, channel)
