"""Alerts through the whole system: a run fails, and a program elsewhere is told, and can trust what it is
told."""

from typing import Any

from standardwebhooks.webhooks import Webhook

from tests.e2e.client import Body, Weft, graph, node
from tests.http_server import Server
from tests.smtp_server import mail_server
from tests.waiting import until

RULES_COUNT_AFTER_S = 1.2


async def created(weft: Weft, path: str, body: Body) -> Body:
    status, found = await weft.call("POST", path, body)
    assert status == 201, found
    return found


async def failing(weft: Weft) -> str:
    """A published workflow that fails once the rules that were there before count for certain."""
    steps = [
        node("wait", "wait", {"seconds": RULES_COUNT_AFTER_S}),
        node("broken", "fail", {"message": "<b>no & way</b>", "code": "no_stock"}),
    ]
    workflow = await created(weft, "/workflows", {"name": "Orders", "graph": graph(steps, "wait > broken")})
    await created(weft, f"/workflows/{workflow['id']}/versions", {})
    return workflow["id"]


async def test_a_failing_run_is_told_to_a_program_that_checks_the_signature(
    weft: Weft, target: Server
) -> None:
    hook = {"name": "Hook", "settings": {"kind": "webhook", "url": target.url("/echo")}}
    channel = await created(weft, "/alerts/channels", hook)
    workflow_id = await failing(weft)
    condition = {"kind": "failure", "codes": ["no_stock"]}
    rule = {"name": "Orders fail", "condition": condition, "severity": "critical", "workflows": [workflow_id]}
    made = await created(weft, "/alerts/rules", {**rule, "channels": [channel["id"]]})
    for _ in range(2):
        status, run = await weft.call("POST", f"/workflows/{workflow_id}/runs?wait=30", {})
        assert (status, run["status"]) == (200, "failed")
    await until(lambda: target.seen)
    [seen] = target.seen
    headers: Any = seen["headers"]
    told = Webhook(channel["secret"]).verify(str(seen["body"]), headers)
    assert told["type"] == "weft.alert"
    assert told["data"]["failure"] == {"code": "no_stock", "message": "<b>no & way</b>", "node": "broken"}
    assert told["data"]["workflow"] == {"id": workflow_id, "name": "Orders"}
    [alert] = (await weft.call("GET", f"/alerts?workflow_id={workflow_id}"))[1]["items"]
    assert (alert["run_id"], alert["rule_id"]) == (told["data"]["run_id"], made["id"])
    assert alert["severity"] == "critical", "and once, for the rule pauses"
    _, done = await weft.call("POST", f"/alerts/{alert['id']}/acknowledge", {"note": "restocked"})
    assert (done["status"], done["note"]) == ("acknowledged", "restocked")
    assert told["data"]["link"].endswith(f"/runs/{alert['run_id']}")


async def test_a_channel_is_tested_and_says_why_it_does_not_work(weft: Weft, target: Server) -> None:
    chat = {"kind": "slack", "url": target.url("/echo?token=s3cret")}
    works = await created(weft, "/alerts/channels", {"name": "Chat", "settings": chat})
    inside = {"kind": "webhook", "url": "http://10.0.0.1/hook"}
    blocked = await created(weft, "/alerts/channels", {"name": "Inside", "settings": inside})
    rule = {"name": "All", "condition": {"kind": "failure", "codes": ["nothing_like_it"]}}
    both = await created(weft, "/alerts/rules", {**rule, "channels": [works["id"], blocked["id"]]})
    status, tested = await weft.call("POST", f"/alerts/rules/{both['id']}/test?wait=20")
    assert status == 200
    found = {each["channel_id"]: each for each in tested["deliveries"]}
    assert found[works["id"]]["status"] == "delivered"
    assert found[blocked["id"]]["status"] == "failed"
    assert "not a public address" in found[blocked["id"]]["error"]
    assert "Test of Chat" in str(target.seen[0]["body"])


async def test_a_graph_sends_mail_with_a_credential(weft: Weft) -> None:
    async with mail_server() as box:
        data = {"host": box.host, "port": box.port, "tls": "none", "user": "weft", "password": "open sesame"}
        credential = {"name": "Mail", "type": "smtp", "data": data, "shared": {"workspace": True}}
        kept = await created(weft, "/credentials", credential)
        mail = {"sender": "weft@example.com", "to": ["{{ trigger.to }}"], "subject": "Hi", "text": "Hello"}
        sending = node("mail", "email.send", mail, credential_id=kept["id"])
        run = await weft.run(graph([sending]), {"to": "ada@example.com"})
    assert run["status"] == "succeeded", run
    assert (box.logins, box.recipients) == ([("weft", "open sesame")], [["ada@example.com"]])
    assert "open sesame" not in str(await weft.node(run["id"], "mail"))
