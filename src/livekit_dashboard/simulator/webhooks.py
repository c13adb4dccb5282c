"""Webhooks: events as signed JSON, in order for each thing that they are about, retried when refused."""

import asyncio
import base64
import hashlib
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import aiohttp
import jwt
from google.protobuf.json_format import MessageToJson
from livekit.protocol import webhook

if TYPE_CHECKING:
    from .world import World

VALID_FOR = 300
"""Seconds that a signature holds."""


class Webhooks:
    """Sends every event of a world to every one of ``urls``.

    A delivery that fails, or is answered 5xx or 429, is repeated with the same body, and given up
    after the last of ``Pace.webhook_retries``. What is about one room, egress or ingress stays in order.
    """

    def __init__(self, world: "World", urls: Sequence[str] = ()) -> None:
        self.urls = list(urls)
        self._world = world
        self._key = self._secret = ""
        self._last: dict[tuple[str, str], asyncio.Event] = {}
        world.events.subscribe(self._on_event)

    def sign_with(self, key: str, secret: str) -> None:
        """Sign from now on with this API key, which is that of ``webhook.api_key`` in a configuration."""
        self._key, self._secret = key, secret

    def _on_event(self, event: webhook.WebhookEvent) -> None:
        for url in self.urls:
            queue = (url, event.egress_info.egress_id or event.ingress_info.ingress_id or event.room.name)
            before, done = self._last.get(queue), asyncio.Event()
            self._last[queue] = done
            # As text now: the messages go on changing.
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
                # The server takes a 4xx as an answer, and repeats only what may yet work.
                return answer.status < 500 and answer.status != 429
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _token(self, body: str) -> str:
        now = int(time.time())
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        claims = {"iss": self._key, "iat": now, "nbf": now, "exp": now + VALID_FOR, "sha256": digest}
        return jwt.encode(claims, self._secret, "HS256")
