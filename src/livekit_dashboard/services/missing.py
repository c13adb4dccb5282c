"""Tells a LiveKit server that lacks one call from an address where no LiveKit answers.

Both answer 404. A server that has the service and not the method says `bad_route`; one that lacks the whole service,
or a proxy that passes on only some, answers with any page. Then another call decides: if that one works, LiveKit is
there, and the call that failed is missing.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from livekit_dashboard.environment import listed
from livekit_dashboard.services.errors.translation import translated
from livekit_dashboard.services.errors.tree import CallMissing, LiveKitError, NotLiveKit

T = TypeVar("T")

# Every LiveKit has this one, and a name that no room has makes it cheap.
PROOF = "RoomService/ListRooms"
NO_ROOM = "livekit-dashboard-probe"
# How long an answer, good or bad, says what is at LIVEKIT_URL, in seconds.
KEEP = 10.0
LIMIT = 2.0  # Seconds for the call that decides.
MISSING = frozenset({"404", "405"})
# The first release with a call, or with a whole service, where that is not as old as the API: from the release tags of
# https://github.com/livekit/livekit, pkg/service.
SINCE = {
    "AgentDispatchService": "1.7.1",
    "Egress": "0.15.5",
    "Egress/StartWebEgress": "1.3.0",
    "Egress/StartParticipantEgress": "1.5.0",
    "Ingress": "1.2.0",
    "RoomService/ForwardParticipant": "1.9.0",
    "RoomService/MoveParticipant": "1.9.0",
    "RoomService/PerformRpc": "1.9.2",
    "SIP": "1.5.2",
    "SIP/CreateSIPInboundTrunk": "1.6.3",
    "SIP/CreateSIPOutboundTrunk": "1.6.3",
    "SIP/ListSIPInboundTrunk": "1.6.3",
    "SIP/ListSIPOutboundTrunk": "1.6.3",
    "SIP/TransferSIPParticipant": "1.8.0",
    "SIP/UpdateSIPDispatchRule": "1.9.0",
    "SIP/UpdateSIPInboundTrunk": "1.9.0",
    "SIP/UpdateSIPOutboundTrunk": "1.9.0",
}


class ServerCheck:
    """Whether LiveKit answers at LIVEKIT_URL, as observed in the last seconds."""

    def __init__(
        self, probe: Callable[[], Awaitable[object]], version: Callable[[], str], limit: float
    ) -> None:
        self._probe, self._version, self._limit = probe, version, min(LIMIT, limit)
        self._there = False
        self._until = 0.0
        self._asking: asyncio.Task[bool] | None = None

    def seen(self) -> None:
        """A call was answered as LiveKit answers."""
        self._there, self._until = True, time.monotonic() + KEEP

    async def judge(self, call: str, error: LiveKitError) -> LiveKitError:
        """The error that a failed call (`Service/Method`) really is: the same one, or a CallMissing that names it."""
        if error.quoted:
            self.seen()
        status = error.report.answer.partition(" ")[0]
        if isinstance(error, CallMissing):
            return self._missing(call, status)
        # Its subclasses know already what is wrong.
        if type(error) is not NotLiveKit or status not in MISSING:
            return error
        if call == PROOF:
            self._there, self._until = False, time.monotonic() + KEEP
            return error
        return self._missing(call, status) if await self._is_there() else error

    def _missing(self, call: str, status: str) -> CallMissing:
        return CallMissing(sentence(call, self._version()), answer=status)

    async def _is_there(self) -> bool:
        if time.monotonic() < self._until:
            return self._there
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> bool:
        try:
            with translated():
                async with asyncio.timeout(self._limit):
                    await self._probe()
        except LiveKitError as error:
            # An error of LiveKit's own is an answer too.
            self._there = error.quoted
        else:
            self._there = True
        self._until = time.monotonic() + KEEP
        return self._there

    async def close(self) -> None:
        """Ends a call that is still running."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)


def sentence(call: str, version: str) -> str:
    """Which call is missing, since which release LiveKit has it, and which `version` answered, as far as known."""
    since = SINCE.get(call) or SINCE.get(call.partition("/")[0])
    words = f"the server has no call {call}"
    if since:
        words += f" (added in LiveKit {since})"
    if not version:
        return words
    words += f"; this server runs {version}"
    if since and _numbers(version) >= _numbers(since):
        words += ", so a proxy in front of it probably blocks the call"
    return words


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


class Gaps:
    """For a page that needs several calls: those that this server doesn't have leave a gap, not an error page."""

    def __init__(self) -> None:
        self._errors: list[CallMissing] = []

    async def fill(self, call: Awaitable[T], instead: T, *, needed: bool = False) -> T:
        """What a call gives, or `instead` where this server doesn't have it, unless it is needed.

        Raises every other LiveKitError.
        """
        try:
            return await call
        except CallMissing as error:
            if needed:
                raise
            self._errors.append(error)
            return instead

    @property
    def reason(self) -> str:
        """Which calls are missing, for the page; empty if none is."""
        if len(self._errors) < 2:
            return "".join(error.reason for error in self._errors)
        return f"the server has no calls {listed(sorted(error.report.call for error in self._errors))}"
