"""When a delivery is tried again, and when it is given up."""

from services.connectors.notify.attempts import LEASE_MS, claimed, delivered, failed, wait_ms
from shared.contracts.alert import Notice
from shared.storage.deliveries import Delivery
from tests.builders import NOW

NOTICE = Notice(kind="test", title="t", text="t", at=NOW, workspace_id="default")
FRESH = Delivery(
    id="dlv_1", workspace_id="default", notice=NOTICE, most_attempts=3, next_at=NOW, created_at=NOW
)


def test_an_attempt_holds_it_for_a_while() -> None:
    held = claimed(FRESH, NOW)
    assert (held.status, held.rev, held.attempts, held.next_at) == ("waiting", 2, 1, NOW + LEASE_MS)


def test_what_has_arrived_is_never_due_again() -> None:
    done = delivered(claimed(FRESH, NOW), NOW + 1)
    assert (done.status, done.next_at, done.delivered_at, done.error) == ("delivered", None, NOW + 1, None)


def test_it_is_tried_again_later_and_later_and_given_up_in_the_end() -> None:
    each, waits = FRESH, []
    for _ in range(3):
        each = failed(claimed(each, NOW), "unavailable: no", NOW, again=True)
        waits.append(None if each.next_at is None else each.next_at - NOW)
    assert waits == [10_000, 30_000, None]
    assert (each.status, each.attempts, each.error) == ("failed", 3, "unavailable: no")
    assert wait_ms(50) == 3_600_000


def test_what_is_in_vain_is_given_up_at_once() -> None:
    assert failed(claimed(FRESH, NOW), "blocked_address: no", NOW, again=False).status == "failed"
