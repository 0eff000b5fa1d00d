"""Documents about alerts, in every shape that was ever released, are read, and written again without loss."""

import pytest

from shared.storage.alert_channels import AlertChannels
from shared.storage.alert_rules import AlertRules
from shared.storage.alert_states import AlertStates
from shared.storage.alerts import Alerts
from shared.storage.deliveries import Deliveries
from shared.storage.mongo import Store
from tests.contract.test_stored_shapes import golden, laid


@pytest.mark.parametrize("shape", golden("alert_rules"))
async def test_rules_of_every_kind_are_read_and_saved_again(store: Store, shape: int) -> None:
    await laid(store, "alert_rules", shape)
    rules = AlertRules(store)
    found = {each.condition.kind: each for each in await rules.of(["default"])}
    assert set(found) == {
        "failure", "failure_rate", "empty_output", "duration", "overdue", "cost", "no_success",
    }  # fmt: skip
    [rate] = await rules.of_kinds(["failure_rate"])
    after = rate.model_copy(update={"rev": 4, "active": True})
    assert await rules.save(after, over=rate)
    assert await rules.get("default", rate.id) == after


@pytest.mark.parametrize("shape", golden("alert_channels"))
async def test_channels_of_every_kind_are_read_and_saved_again(store: Store, shape: int) -> None:
    await laid(store, "alert_channels", shape)
    channels = AlertChannels(store)
    found = await channels.page("default", before=None, limit=9)
    assert [each.settings.kind for each in found] == ["webhook", "slack", "email"]
    after = found[0].model_copy(update={"rev": 3})
    assert await channels.save(after)
    assert after in await channels.sealed_to([after.kid], 9)
    assert await channels.get("default", after.id) == after


@pytest.mark.parametrize("shape", golden("alerts"))
async def test_alerts_are_read_and_saved_again(store: Store, shape: int) -> None:
    await laid(store, "alerts", shape)
    alerts = Alerts(store)
    [found] = await alerts.page("default", before=None, limit=9, status="acknowledged")
    assert found.failure
    assert (found.failure.details["hints"], found.note) == (["later"], "known")
    after = found.model_copy(update={"rev": 3})
    assert await alerts.save(after, over=found)
    assert await alerts.get("default", found.id) == after


@pytest.mark.parametrize("shape", golden("alert_states"))
async def test_states_are_read_and_saved_again(store: Store, shape: int) -> None:
    await laid(store, "alert_states", shape)
    states = AlertStates(store)
    [found] = await states.untold(9)
    assert await states.save(found.model_copy(update={"rev": 5, "told": "yes"}), over=found)
    assert await states.untold(9) == []


@pytest.mark.parametrize("shape", golden("deliveries"))
async def test_deliveries_are_read_and_saved_again(store: Store, shape: int) -> None:
    await laid(store, "deliveries", shape)
    deliveries = Deliveries(store)
    [found] = await deliveries.due(1_700_000_010_000, 9)
    assert found.notice.alert
    assert found.notice.facts == [("Run", "run_1")]
    after = found.model_copy(update={"rev": 4, "status": "failed", "next_at": None})
    assert await deliveries.save(after, over=found)
    assert await deliveries.load(found.id) == after
    assert await deliveries.due(1_800_000_000_000, 9) == []
