"""Members, invitations, grants and keys, as admins and members use them."""

import asyncio

from tests.integration.gateway.identity.people import PASSWORD, Town

ACCEPT = "/api/v1/auth/invitations/accept"


async def test_two_admins_cannot_take_the_role_from_each_other(town: Town) -> None:
    for _ in range(5):
        workspace = await town.workspace()
        one, two = await town.person(workspace, "admin"), await town.person(workspace, "admin")
        await asyncio.gather(
            one.call("PATCH", f"/members/{two.id}", {"role": "viewer"}),
            two.call("DELETE", f"/members/{one.id}"),
        )
        members = await town.parts.directory.members.of_workspace(workspace)
        (left,) = [each for each in members if each.role == "admin"]
        last = one if left.user_id == one.id else two
        (await last.call("PATCH", f"/members/{last.id}", {"role": "viewer"})).refused(409, "last_admin")
        (await last.call("DELETE", f"/api/v1/me/workspaces/{workspace}")).refused(409, "last_admin")


async def test_an_invitation_lets_in_whom_it_names_once(town: Town, kept_password: str) -> None:
    workspace = await town.workspace()
    admin = await town.person(workspace, "admin")
    made = await admin.post("/invitations", {"email": "Grace@Example.com", "role": "editor"})
    token = made.body["token"]
    assert made.body["url"].endswith(f"#{token}")
    given = {"token": token, "password": PASSWORD, "name": "Grace"}
    wrong = {**given, "token": token[:-1] + ("0" if token[-1] != "0" else "1")}
    (await town.anybody().post(ACCEPT, wrong)).refused(404, "not_found")
    answer = await town.anybody().post(ACCEPT, given)
    grace = town.anybody(workspace, answer.body["access_token"])
    assert (await grace.get("")).body["role"] == "editor"
    (await town.anybody().post(ACCEPT, given)).refused(404, "not_found")
    # Whoever has an account has to be the one whose it is.
    there = await town.person(password=kept_password)
    theirs = (await admin.post("/invitations", {"email": there.email, "role": "viewer"})).body["token"]
    guessed = {"token": theirs, "password": "chosen by the admin"}
    (await town.anybody().post(ACCEPT, guessed)).refused(401, "unauthorized")
    (await grace.post("/api/v1/me/invitations", {"token": theirs})).refused(403, "forbidden")
    assert (await there.post("/api/v1/me/invitations", {"token": theirs})).status == 204
    twice = await admin.post("/invitations", {"email": there.email, "role": "viewer"})
    twice.refused(409, "already_member")


async def test_who_is_removed_takes_nothing_along(town: Town) -> None:
    workspace = await town.workspace()
    admin, member = await town.person(workspace, "admin"), await town.person(workspace, "viewer")
    flow = await admin.workflow({"nodes": [{"id": "a", "type": "noop"}]})
    key = (await member.post("/api/v1/me/api-keys", {"name": "laptop"})).body["key"]
    grant = f"/workflows/{flow}/grants/{member.id}"
    assert (await admin.put(grant, {"role": "editor"})).status == 200
    assert (await member.put(f"/workflows/{flow}", {"rev": 1, "name": "Mine"})).status == 200
    assert (await admin.put(grant, {"role": "none"})).status == 200
    (await member.get(f"/workflows/{flow}")).refused(404, "not_found")
    assert (await town.anybody(workspace, key).get("")).status == 200
    assert (await admin.call("DELETE", f"/members/{member.id}")).status == 204
    for token in (member.token, key):
        (await town.anybody(workspace, token).get("")).refused(404, "not_found")
    assert (await admin.get(f"/workflows/{flow}/grants")).body["items"] == []
    actions = [each["action"] for each in (await admin.get("/audit")).body["items"]]
    assert actions[:2] == ["DELETE /members/{user_id}", "PUT /workflows/{workflow_id}/grants/{user_id}"]
    export = (await admin.get("/audit/export?format=csv")).body.decode().splitlines()
    assert len(export) == len(actions) + 1


async def test_no_key_makes_one_that_may_do_more(town: Town) -> None:
    workspace = await town.workspace()
    admin = await town.person(workspace, "admin")
    scopes = ["keys:write", "runs:read"]
    made = await admin.post("/api/v1/me/api-keys", {"name": "k", "scopes": scopes, "expires_in_days": 1})
    limited = town.anybody(workspace, made.body["key"])
    for path, more in (("/api/v1/me/api-keys", {}), ("/api-keys", {"role": "admin"})):
        (await limited.post(path, {"name": "x", **more})).refused(403, "forbidden")
        beyond = {"name": "x", "scopes": ["runs:write"], **more}
        (await limited.post(path, beyond)).refused(403, "forbidden")
        same = await limited.post(path, {"name": "x", "scopes": ["runs:read"], **more})
        assert same.body["expires_at"] == made.body["expires_at"]
    for method, path, body in (
        ("POST", "/api/v1/me/password", {"new": PASSWORD}), ("GET", "/api/v1/me/sessions", None),
        ("POST", "/api/v1/auth/sign-out-everywhere", None), ("POST", "/api/v1/workspaces", {"name": "x"}),
    ):  # fmt: skip
        (await limited.call(method, path, body)).refused(403, "forbidden")
    old = await admin.post("/api-keys", {"name": "build", "role": "runner"})
    new = await admin.post(f"/api-keys/{old.body['id']}/rotate")
    assert (await town.anybody(workspace, new.body["key"]).get("")).body["role"] == "runner"
    (await town.anybody(workspace, old.body["key"]).get("")).refused(401, "unauthorized")
    assert "key" not in (await admin.get("/api-keys")).body["items"][0]
