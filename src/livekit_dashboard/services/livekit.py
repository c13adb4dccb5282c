"""The connection to LiveKit: one session for the process, a time limit on each call, LiveKitError for each failure."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Self, TypeVar

import aiohttp
from google.protobuf.message import Message
from livekit import api

from ..config import Settings
from .agents import Agents
from .egress import Egress
from .errors import LiveKitError
from .ingress import Ingresses
from .latency import Latency
from .messages import Messages
from .missing import ServerCheck
from .outages import Outages
from .overview import History
from .participants import Participants
from .recent_errors import RecentErrors
from .refusals import Refusals
from .rooms import Rooms
from .search import Search
from .server_info import ServerInfo
from .sip import Sip
from .tokens import Tokens
from .translation import refuse_redirects, refuse_unauthorized, translated

T = TypeVar("T")
R = TypeVar("R", bound=Message)


class LiveKit:
    """One LiveKit deployment. Used as `async with`, since the session belongs to the running event loop.

    `.rooms`, `.participants`, `.egress` … hold the calls, by domain. All of them raise LiveKitError and nothing else.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.latency = Latency()
        self.errors = RecentErrors()
        self.history = History()
        self.tokens = Tokens(settings)
        self.refusals = Refusals(settings)
        self._outages = Outages(settings.api_url)
        self._reading: dict[tuple[str, bytes], asyncio.Task[Any]] = {}

    async def __aenter__(self) -> Self:
        settings = self.settings
        self.session = aiohttp.ClientSession(
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
            session=self.session,
            # For LiveKit Cloud; a private server has no other region to fail over to.
            failover=False,
        )
        self.rooms = Rooms(self)
        self.participants = Participants(self)
        self.messages = Messages(self)
        self.egress = Egress(self)
        self.ingress = Ingresses(self)
        self.agents = Agents(self)
        self.sip = Sip(self)
        self.search = Search(self)
        self._check = ServerCheck(self)
        self.server = ServerInfo(self)
        self.server.refresh()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()
        await self._check.close()
        await self.session.close()

    async def read(self, name: str, method: Callable[[R], Awaitable[T]], request: R) -> T:
        """As `call`, for calls that change nothing: identical ones that run at the same time are one call.

        A hundred pages that need the same list at the same moment cost LiveKit one call. Results are not kept.
        """
        message: Any = request
        key = (name, message.SerializeToString(deterministic=True))
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.create_task(self.call(name, method(request)))
            task.add_done_callback(lambda done: self._read_done(key, done))
        # A caller that stops waiting must not cancel the call for the others.
        result: T = await asyncio.shield(task)
        return result

    def _read_done(self, key: tuple[str, bytes], task: asyncio.Task[Any]) -> None:
        del self._reading[key]
        if not task.cancelled():
            task.exception()  # Retrieved, so that asyncio doesn't log it when no caller waits any more.

    async def call(self, name: str, awaitable: Awaitable[T], *, limit: float | None = None) -> T:
        """Awaits one SDK call; `name` is `Service/Method`. Raises LiveKitError within `limit` seconds.

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
