"""How soon a signed webhook is acknowledged: stored, its run started, while the system works on others."""

import base64
import hmac
import time
from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from typing import Any

import aiohttp
import orjson

from bench.client import Client, WrongAnswer
from bench.measure import medians, percentiles
from bench.paced import PER_S, SECONDS, WARM_UP, paced

TRIALS = 3
GRAPH = {"nodes": [{"id": "n1", "type": "set", "config": {"values": {"n": "{{ trigger.body.n }}"}}}]}


async def acknowledged(client: Client) -> dict[str, Any]:
    """Milliseconds from request to answer, at so many requests a second whether or not it keeps up."""
    workflow_id = await client.publish("webhook", GRAPH)
    config = {"kind": "webhook", "auth": {"kind": "hmac"}}
    body = {"workflow_id": workflow_id, "name": "bench", "config": config}
    hook = (await client.send("POST", "/triggers", body, expected=201))["hook"]
    sender = _Sender(hook["url"], hook["secrets"][0])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        send = partial(sender.send, session)
        await paced(send, WARM_UP)
        trials = [percentiles(await paced(send, PER_S * SECONDS)) for _ in range(TRIALS)]
    latency = medians(trials)
    return {"median": latency["p95"], "unit": "ms", **latency, "per_s": PER_S, "sent": sender.sent}


class _Sender:
    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self.sent = 0

    async def send(self, session: aiohttp.ClientSession, _turn: int) -> None:
        """One more event, which nobody has seen before."""
        self.sent = number = self.sent + 1
        body = orjson.dumps({"n": number, "pad": "x" * 500})
        async with session.post(self._url, data=body, headers=self._headers(number, body)) as response:
            answer = orjson.loads(await response.read())
        if response.status != 202 or answer["duplicate"]:
            raise WrongAnswer(f"message {number} was answered with {response.status}: {answer}")

    def _headers(self, number: int, body: bytes) -> Mapping[str, str]:
        message_id, timestamp = f"msg_{number}", str(int(time.time()))
        signed = f"{message_id}.{timestamp}.".encode() + body
        signature = base64.b64encode(hmac.digest(self._key, signed, sha256)).decode()
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature}",
        }
