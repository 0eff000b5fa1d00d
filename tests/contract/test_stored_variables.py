"""Variables and what was used of plans as earlier releases have stored them."""

from shared.contracts.variable import Variable
from shared.counting import Counting
from shared.storage.mongo import Store
from shared.storage.quotas import QuotaStore
from shared.storage.variables import Variables
from tests.contract.test_stored_shapes import RUN, golden, laid

NOW = 1_700_000_000_000


async def test_variables_are_read_and_saved_again(store: Store) -> None:
    ids = await laid(store, "variables", max(golden("variables")))
    variables = Variables(store)
    secret, plain = await variables.page("default", after=None, limit=9)
    assert [f"default:{plain.name}", f"default:{secret.name}"] == ids
    assert isinstance(plain, Variable)
    assert (plain.secret, secret.secret, await variables.sealed_to([secret.kid], 9)) == (
        False,
        True,
        [secret],
    )
    assert await variables.by_key() == {secret.kid: 1}
    assert await variables.save(plain.model_copy(update={"rev": plain.rev + 1}))
    assert await variables.plain(["default"]) == [plain.model_copy(update={"rev": plain.rev + 1})]


async def test_runs_counted_and_workflows_activated_are_known(store: Store) -> None:
    await laid(store, "quotas", max(golden("quotas")))
    counting = Counting(QuotaStore(store))
    assert await counting.take("default", RUN, 99, NOW) is None
    assert await counting.take("default", "run_2", 99, NOW) == 99
    assert (await QuotaStore(store).claims("default")).at == {"wf_1": NOW}
