"""Sends the simulator's events as signed webhooks: in order for each room, egress or ingress, with retries."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Sequence

import aiohttp
import jwt
from google.protobuf.json_format import MessageToJson
from livekit.protocol import webhook

from livekit_dashboard.simulator.state import State

VALID_FOR = 300
"""Seconds that a signature is valid."""


class Webhooks:
    """Sends every event of a world to every one of ``urls``.

    A delivery that fails, or is answered with 5xx or 429, is repeated with the same body until ``Pace.webhook_retries``
    are used up. Events of one room, egress or ingress stay in order.
    """

    def __init__(self, world: State, urls: Sequence[str] = ()) -> None:
        self.urls = list(urls)
        self._world = world
        self._key = self._secret = ""
        self._last: dict[tuple[str, str], asyncio.Event] = {}
        world.events.subscribe(self._on_event)

    def sign_with(self, key: str, secret: str) -> None:
        """Sign from now on with this API key, as ``webhook.api_key`` sets it for a real server."""
        self._key, self._secret = key, secret

    def _on_event(self, event: webhook.WebhookEvent) -> None:
        for url in self.urls:
            queue = (url, event.egress_info.egress_id or event.ingress_info.ingress_id or event.room.name)
            before, done = self._last.get(queue), asyncio.Event()
            self._last[queue] = done
            # Serialized now, because the messages keep changing.
            body = MessageToJson(event, indent=None)
            self._world.schedule.start(self._deliver(url, body, before, done))

    async def _deliver(self, url: str, body: str, before: asyncio.Event | None, done: asyncio.Event) -> None:
        if before is not None:
            await before.wait()
        try:
            async with aiohttp.ClientSession() as http:
                for wait in (0.0, *self._world.pace.webhook_retries):
                    await asyncio.sleep(wait)
                    if await self._accepted(http, url, body):
                        return
        finally:
            done.set()

    async def _accepted(self, http: aiohttp.ClientSession, url: str, body: str) -> bool:
        headers = {"Authorization": self._token(body), "Content-Type": "application/webhook+json"}
        try:
            async with http.post(url, data=body.encode(), headers=headers) as answer:
                # LiveKit counts 4xx as an answer and repeats only what may still succeed.
                return answer.status < 500 and answer.status != 429
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _token(self, body: str) -> str:
        now = int(time.time())
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        claims = {"iss": self._key, "iat": now, "nbf": now, "exp": now + VALID_FOR, "sha256": digest}
        return jwt.encode(claims, self._secret, "HS256")
