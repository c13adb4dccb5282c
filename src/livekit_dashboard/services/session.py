"""The session with LiveKit that every area's calls go through.

One pooled HTTP session a process, a time limit on every call, and one shape for every failure. Areas depend on this
module and never on `livekit.py`, which composes them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar

import aiohttp
from google.protobuf.message import Message
from livekit import api

from livekit_dashboard.config import Settings
from livekit_dashboard.services.errors.outages import Outages
from livekit_dashboard.services.errors.recent import RecentErrors
from livekit_dashboard.services.errors.translation import refuse_redirects, refuse_unauthorized, translated
from livekit_dashboard.services.errors.tree import LiveKitError

from .latency import Latency
from .missing import NO_ROOM, ServerCheck
from .refusals import Refusals

T = TypeVar("T")
R = TypeVar("R", bound=Message)


class Session:
    """The way to one LiveKit deployment. Use as `async with`: the HTTP session belongs to the running event loop.

    `api` is the SDK and `http` the pooled session beneath it, both there once entered. Calls of the SDK go through
    `call` or `read`, which raise LiveKitError and nothing else, and count into `latency` and `errors`.
    """

    api: api.LiveKitAPI
    http: aiohttp.ClientSession

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.latency = Latency()
        self.errors = RecentErrors()
        self.refusals = Refusals(settings)
        self.version: Callable[[], str] = lambda: ""  # Of the server, as far as known; `livekit.py` sets it.
        self._outages = Outages(settings.api_url)
        self._check = ServerCheck(self._ask, lambda: self.version(), settings.livekit_timeout)
        self._reading: dict[tuple[str, bytes], asyncio.Task[Any]] = {}

    async def __aenter__(self) -> Self:
        settings = self.settings
        self.http = aiohttp.ClientSession(
            middlewares=(refuse_redirects,),
            raise_for_status=refuse_unauthorized,
            # Shorter than what servers and proxies close idle connections after, 5 s being the shortest in use: a call
            # on one that is being closed fails, and may not be repeated. A watched page asks every two seconds.
            connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=4),
        )
        self.api = api.LiveKitAPI(
            settings.api_url,
            settings.livekit_api_key,
            settings.livekit_api_secret.get_secret_value(),
            session=self.http,
            # For LiveKit Cloud; a private server has no other region to fail over to.
            failover=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._check.close()
        await self.http.close()

    async def _ask(self) -> object:
        """The cheapest call that every LiveKit has."""
        return await self.api.room.list_rooms(api.ListRoomsRequest(names=[NO_ROOM]))

    async def read(self, name: str, method: Callable[[R], Awaitable[T]], request: R) -> T:
        """As `call`, for calls that change nothing: concurrent identical ones share an answer; none is kept.

        A hundred pages that ask for the same thing at the same moment cost LiveKit one call.
        """
        message: Any = request  # Its methods are untyped.
        key = (name, message.SerializeToString(deterministic=True))
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self.call(name, method(request)))
            task.add_done_callback(lambda done: self._read_done(key, done))
        # A caller that stops waiting must not take the answer away from the others.
        result: T = await asyncio.shield(task)
        return result

    def _read_done(self, key: tuple[str, bytes], task: asyncio.Task[Any]) -> None:
        del self._reading[key]
        if not task.cancelled():
            task.exception()  # Retrieved, so that asyncio doesn't warn when every caller has stopped waiting.

    async def call(self, name: str, awaitable: Awaitable[T], *, limit: float | None = None) -> T:
        """Awaits one call of the SDK; `name` is `Service/Method`. Raises LiveKitError within `limit` seconds.

        The SDK has no time limit of its own: it ignores the one it is given.
        """
        started = time.perf_counter()
        try:
            with translated():
                async with asyncio.timeout(limit or self.settings.livekit_timeout):
                    result = await awaitable
        except LiveKitError as error:
            failure = await self._check.judge(name, error)
            failure.report.call = name
            failure.report.took = time.perf_counter() - started
            self.errors.add(failure)
            self._outages.failed(name, failure)
            if failure.outage:
                self.refusals.forget()
            raise failure from error.__cause__
        self.latency.add(time.perf_counter() - started)
        self._check.seen()
        self._outages.answered(name)
        return result
