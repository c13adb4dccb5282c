"""The hub: while anyone watches a page, it is read once an interval and sent to all who watch it.

Nobody watching, nothing runs. A viewer that is slow to take messages gets the newest one, never a backlog.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from .in_process import Answer

INTERVAL = 2.0  # Seconds between two reads of a watched page.
# Seconds between two reads when something wakes the hub again and again.
AT_LEAST = 0.2
MAX_VIEWERS = 1000

Fetch = Callable[[str, str], Awaitable[Answer]]


class HubFullError(Exception):
    """More viewers than one process shall serve; the page polls instead."""


class Viewer:
    """One open page. Holds the newest message that it has not been sent yet."""

    def __init__(self) -> None:
        self._message: str | None = None
        self._ready = asyncio.Event()

    def offer(self, message: str) -> None:
        """Replaces what was not taken, unless that had news and this has none."""
        if self._message is None or '"content"' in message:
            self._message = message
        self._ready.set()

    async def next(self) -> str:
        """Waits for a message, and takes it."""
        await self._ready.wait()
        self._ready.clear()
        message, self._message = self._message, None
        assert message is not None
        return message


@dataclass
class _Watched:
    """A page that somebody looks at."""

    viewers: set[Viewer] = field(default_factory=set)
    tag: str = ""
    latest: str | None = None


class Hub:
    """Reads watched pages and tells their viewers what changed."""

    def __init__(self, fetch: Fetch, interval: float = INTERVAL) -> None:
        """`fetch` takes an address and the tag of what is known, and gives a partial page or a 304."""
        self._fetch = fetch
        self._interval = interval
        self._pages: dict[str, _Watched] = {}
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def viewers(self) -> int:
        """How many pages are open."""
        return sum(len(page.viewers) for page in self._pages.values())

    def wake(self) -> None:
        """Something happened: watched pages are read again now, not at the end of the interval."""
        self._woken.set()

    @asynccontextmanager
    async def watching(self, address: str) -> AsyncIterator[Viewer]:
        """A viewer of a page, told everything about it while in this context. Raises HubFullError."""
        if self.viewers >= MAX_VIEWERS:
            raise HubFullError
        page = self._pages.setdefault(address, _Watched())
        viewer = Viewer()
        page.viewers.add(viewer)
        if page.latest is not None:
            viewer.offer(page.latest)
        else:
            self.wake()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        try:
            yield viewer
        finally:
            page.viewers.discard(viewer)
            if not page.viewers and self._pages.get(address) is page:
                del self._pages[address]

    async def close(self) -> None:
        """Ends the reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._pages:
            self._woken.clear()
            # All at once, so that pages which need the same call of LiveKit share it.
            await asyncio.gather(*(self._read(address, page) for address, page in self._pages.items()))
            await asyncio.sleep(AT_LEAST)
            try:
                async with asyncio.timeout(self._interval - AT_LEAST):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _read(self, address: str, page: _Watched) -> None:
        answer = await self._fetch(address, page.tag)
        message = _message(address, answer)
        if answer.status == 200:
            page.tag, page.latest = answer.headers.get("hx-ptag", ""), message
        elif answer.status != 304:
            # Whoever comes now, or when it is over, needs the whole page.
            page.tag, page.latest = "", message
        for viewer in page.viewers:
            viewer.offer(message)


def _message(address: str, answer: Answer) -> str:
    """For htmx's `ws` extension; without content it says that all is as it was."""
    message: dict[str, object] = {
        "latency": answer.headers.get("x-livekit-latency"),
        "outage": answer.headers.get("x-outage"),
        "ticket": answer.headers.get("x-live-ticket"),
    }
    if answer.status != 304:
        # An outage comes as a note that says itself where it goes.
        swap = "innerMorph" if answer.status == 200 else "none"
        message |= {"content": answer.text, "target": _target(address), "swap": swap}
    return json.dumps({key: value for key, value in message.items() if value is not None})


def _target(address: str) -> str:
    return "#panel-main" if "panel=1" in address.partition("?")[2].split("&") else "#main"
