"""People, workspaces and keys as earlier releases have stored them."""

from shared.contracts.identity import Grant, Member
from shared.storage.api_keys import ApiKeys
from shared.storage.audit import Audit
from shared.storage.identities import Identities
from shared.storage.invitations import Invitations
from shared.storage.mongo import Store
from shared.storage.people import Users
from shared.storage.resets import PasswordResets
from shared.storage.sessions import Sessions
from shared.storage.throttles import Throttles
from shared.storage.workspaces import Grants, Members, Workspaces
from tests.contract.test_stored_shapes import golden, laid

USER = "user_01HF7YAT00PYFAR69PFB30W1TZ"


async def stored(store: Store, collection: str) -> dict[str, object] | None:
    """The first golden document, as it lies there now."""
    return await store[collection].find_one({"_id": golden(collection)[1][0]["_id"]})


async def test_people_are_found_by_address_and_saved_again(store: Store) -> None:
    await laid(store, "users", 1)
    await laid(store, "emails", 1)
    user = await Users(store).with_email("ADA@example.com")
    assert user
    assert (user.id, user.owner, user.epoch) == (USER, True, 2)
    assert await Users(store).save(user.model_copy(update={"rev": user.rev + 1}))
    assert await stored(store, "users") == {**golden("users")[1][0], "rev": 6}


async def test_workspaces_members_and_grants_are_read(store: Store) -> None:
    for name in ("workspaces", "members", "grants"):
        await laid(store, name, 1)
    workspace = await Workspaces(store).get("default")
    assert workspace
    assert workspace.plan == "self_hosted"
    member = await Members(store).get("default", USER)
    assert isinstance(member, Member)
    assert await Members(store).save(member.model_copy(update={"rev": 2, "role": "viewer"}))
    found = await Grants(store).of_user("default", USER)
    assert [type(each) for each in found] == [Grant]
    await Grants(store).put(found[0])
    assert await stored(store, "grants") == golden("grants")[1][0]


async def test_keys_and_sessions_are_read_and_saved_again(store: Store) -> None:
    await laid(store, "api_keys", 1)
    await laid(store, "sessions", 1)
    (key,) = await ApiKeys(store).of_user(USER)
    assert await ApiKeys(store).used(key, 5)
    assert await stored(store, "api_keys") == {**golden("api_keys")[1][0], "rev": 4, "last_used_at": 5}
    (session,) = await Sessions(store).of_user(USER)
    assert await Sessions(store).save(session.model_copy(update={"rev": session.rev + 1}))
    assert await stored(store, "sessions") == {**golden("sessions")[1][0], "rev": 5}


async def test_the_audit_log_is_read(store: Store) -> None:
    await laid(store, "audit", 1)
    (entry,) = await Audit(store).page("default", before=None, limit=2, equal={"actor_id": USER})
    assert entry.action == "POST /workflows"
    assert await Audit(store).page("other", before=None, limit=2, equal={}) == []


async def test_failed_attempts_to_sign_in_are_read_and_saved_again(store: Store) -> None:
    (attempts_id,) = await laid(store, "throttles", 1)
    known = (await Throttles(store).load([attempts_id]))[attempts_id]
    assert await Throttles(store).save(known.model_copy(update={"rev": 3}))
    assert await stored(store, "throttles") == {**golden("throttles")[1][0], "rev": 3}


async def test_invitations_and_identities_are_read(store: Store) -> None:
    await laid(store, "invitations", 1)
    await laid(store, "identities", 1)
    (invitation,) = await Invitations(store).of_address("grace@example.com", 1_700_000_000_000)
    assert await Invitations(store).get(invitation.id) == invitation
    assert await Invitations(store).of_workspace("default", invitation.expires_at) == []
    assert await Invitations(store).remove("default", invitation.id)
    await Invitations(store).insert(invitation)
    assert await stored(store, "invitations") == {**golden("invitations")[1][0], "mailed_at": None}
    identity = await Identities(store).get("https://login.example.com", "0042")
    assert identity
    assert await Identities(store).of_user(USER) == [identity]
    assert not await Identities(store).insert(identity)


async def test_resets_of_passwords_are_read_and_forgotten(store: Store) -> None:
    (reset_id,) = await laid(store, "password_resets", 1)
    resets = PasswordResets(store)
    reset = await resets.get(reset_id)
    assert reset
    assert (reset.user_id, reset.epoch) == (USER, 2)
    assert await resets.open_of(USER, reset.expires_at) == []
    assert await resets.open_of(USER, reset.expires_at - 1) == [reset_id]
    await resets.forget(USER)
    assert await resets.get(reset_id) is None
