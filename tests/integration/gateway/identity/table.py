"""The least role that may call each route, written down by hand: it proves what routes say of themselves."""

W = "/workspaces/{workspace_id}"
RUN, FLOW, NODE = (
    f"{W}/runs/{{run_id}}",
    f"{W}/workflows/{{workflow_id}}",
    f"{W}/runs/{{run_id}}/nodes/{{node_id}}",
)
TRIGGER, CREDENTIAL, ALERTS = (
    f"{W}/triggers/{{trigger_id}}",
    f"{W}/credentials/{{credential_id}}",
    f"{W}/alerts",
)
HOOKS = [
    f"{method} /hooks/{{token}}{test}"
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    for test in ("", "/test")
]
LEAST: dict[str, str] = {
    f"GET {W}": "viewer", f"GET {W}/members": "viewer", f"GET {W}/workflows": "viewer",
    f"GET {FLOW}": "viewer", f"GET {FLOW}/versions": "viewer", f"GET {FLOW}/versions/{{number}}": "viewer",
    f"GET {FLOW}/versions/{{number}}/diff": "viewer", f"GET {FLOW}/runs": "viewer", f"GET {W}/runs": "viewer",
    f"GET {RUN}": "viewer", f"GET {NODE}": "viewer", f"GET {RUN}/events": "viewer",
    f"POST {RUN}/events/token": "viewer",
    f"GET {W}/reviews": "viewer", f"POST {W}/graphs/validate": "viewer",
    f"POST {FLOW}/runs": "runner", f"POST {W}/runs/bulk/cancel": "runner",
    f"POST {W}/runs/bulk/retry": "runner", f"POST {RUN}/pause": "runner", f"POST {RUN}/resume": "runner",
    f"POST {RUN}/cancel": "runner", f"POST {RUN}/rerun": "runner", f"POST {NODE}/retry": "runner",
    f"POST {NODE}/skip": "runner", f"POST {NODE}/decide": "runner",
    f"POST {W}/runs": "editor", f"POST {W}/workflows": "editor", f"POST {W}/workflows/import": "editor",
    f"PUT {FLOW}": "editor", f"DELETE {FLOW}": "editor", f"POST {FLOW}/restore": "editor",
    f"POST {FLOW}/versions": "editor",
    f"POST {FLOW}/versions/{{number}}/restore": "editor",
    f"PATCH {W}": "admin", f"PATCH {W}/members/{{user_id}}": "admin",
    f"DELETE {W}/members/{{user_id}}": "admin",
    f"POST {W}/invitations": "admin", f"GET {W}/invitations": "admin",
    f"DELETE {W}/invitations/{{invitation_id}}": "admin",
    f"POST {W}/invitations/{{invitation_id}}/resend": "admin", f"GET {FLOW}/grants": "admin",
    f"PUT {FLOW}/grants/{{user_id}}": "admin", f"DELETE {FLOW}/grants/{{user_id}}": "admin",
    f"GET {W}/api-keys": "admin", f"POST {W}/api-keys": "admin",
    f"POST {W}/api-keys/{{key_id}}/rotate": "admin",
    f"DELETE {W}/api-keys/{{key_id}}": "admin", f"GET {W}/audit": "admin", f"GET {W}/audit/export": "admin",
    **dict.fromkeys(
        [f"GET {W}/triggers", f"GET {TRIGGER}", f"GET {TRIGGER}/events", f"GET {TRIGGER}/events/{{event_id}}",
         f"GET {TRIGGER}/runs", f"GET {TRIGGER}/times", f"POST {W}/triggers/preview"], "viewer"),
    **dict.fromkeys(
        [f"POST {TRIGGER}/run", f"POST {TRIGGER}/backfill", f"POST {TRIGGER}/events/{{event_id}}/replay"],
        "runner"),
    **dict.fromkeys(
        [f"POST {W}/triggers", f"PUT {TRIGGER}", f"DELETE {TRIGGER}", f"POST {TRIGGER}/pause",
         f"POST {TRIGGER}/resume", f"POST {TRIGGER}/rotate", f"POST {TRIGGER}/secrets",
         f"GET {TRIGGER}/hook"], "editor"),
    **dict.fromkeys(
        [f"GET {W}/analytics/{each}" for each in ("summary", "series", "errors", "nodes", "workflows")],
        "viewer"),
    **dict.fromkeys(
        [f"GET {ALERTS}", f"GET {ALERTS}/{{alert_id}}", f"GET {ALERTS}/deliveries", f"GET {ALERTS}/rules",
         f"GET {ALERTS}/channels", f"GET {ALERTS}/rules/{{rule_id}}",
         f"GET {ALERTS}/channels/{{channel_id}}"],
        "viewer"),
    f"POST {ALERTS}/{{alert_id}}/acknowledge": "runner",
    **dict.fromkeys(
        [f"POST {ALERTS}/rules", f"POST {ALERTS}/channels", f"POST {ALERTS}/deliveries/{{delivery_id}}/retry",
         *(f"{each} {ALERTS}/rules/{{rule_id}}" for each in ("PUT", "DELETE")),
         *(f"{each} {ALERTS}/channels/{{channel_id}}" for each in ("PUT", "DELETE")),
         f"POST {ALERTS}/rules/{{rule_id}}/test", f"POST {ALERTS}/channels/{{channel_id}}/test"], "editor"),
    **dict.fromkeys([f"GET {W}/credentials", f"GET {CREDENTIAL}"], "viewer"),
    **dict.fromkeys([f"GET {W}/variables", f"GET {W}/variables/{{name}}", f"GET {W}/usage"], "viewer"),
    f"POST {W}/variables": "editor", f"PUT {W}/variables/{{name}}": "editor",
    f"DELETE {W}/variables/{{name}}": "editor",
    "PUT /workspace-plans/{workspace}": "owner", "GET /plans": "signed in",
    **dict.fromkeys(
        [f"POST {W}/credentials", f"PUT {CREDENTIAL}", f"DELETE {CREDENTIAL}", f"POST {CREDENTIAL}/test",
         f"POST {CREDENTIAL}/authorize", f"POST {CREDENTIAL}/connect"], "editor"),
    "GET /vault": "owner", "GET /dead-letters": "owner", "GET /dead-letters/{letter_id}": "owner",
    "DELETE /dead-letters/{letter_id}": "owner", "POST /dead-letters/{letter_id}/replay": "owner",
    "GET /people": "owner", "PATCH /people/{user_id}": "owner",
    "POST /people/{user_id}/password-reset": "owner", "GET /audit": "owner",
    "GET /audit/export": "owner",
    **dict.fromkeys(
        ["GET /node-types", "GET /credential-types", "POST /auth/sign-out-everywhere", "GET /me",
         "PATCH /me", "POST /me/password",
         "POST /me/invitations", "DELETE /me/workspaces/{workspace_id}", "GET /me/sessions",
         "DELETE /me/sessions/{session_id}", "GET /me/identities", "POST /me/identities",
         "DELETE /me/identities/{subject}", "GET /me/api-keys", "POST /me/api-keys",
         "DELETE /me/api-keys/{key_id}", "GET /workspaces", "POST /workspaces"], "signed in"),
    **dict.fromkeys(
        [*HOOKS, "GET /oauth/callback", "GET /auth/ways", "POST /auth/sign-in", "POST /auth/refresh",
         "POST /auth/sign-out", "POST /auth/forgot", "POST /auth/reset",
         "POST /auth/sign-up", "POST /auth/invitations/accept", "GET /auth/oidc/start",
         "GET /auth/oidc/callback", "POST /signals/{run_id}/{node_id}/{token}"], "anybody"),
}  # fmt: skip
