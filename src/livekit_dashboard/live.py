"""The hub: while anyone watches a page, it is read once an interval and sent to all who watch it.

Nobody watching, nothing runs. Each page is read for itself, so that a slow one holds up no other; those that are read
at the same beat start at the same moment, and so share the calls of LiveKit that they need. A viewer that is slow to
take messages gets the newest one, never a backlog.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from .in_process import Answer
from .services.errors import TimedOut

logger = logging.getLogger(__name__)

INTERVAL = 2.0  # Seconds between two reads of a watched page.
# Seconds between two reads when something wakes the hub again and again.
AT_LEAST = 0.2
# Intervals that a read may take before its viewers are told that LiveKit doesn't answer.
PATIENCE = 2
MAX_VIEWERS = 1000
# The share of viewers at which a hub that was full counts as free again, so that one who comes and goes is no news.
FREE_AGAIN = 0.9

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
        if self._message is None or '"content"' in message or '"content"' not in self._message:
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

    address: str
    viewers: set[Viewer] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    tag: str = ""
    latest: str | None = None

    def tell(self, message: str) -> None:
        """Offers it to all who look."""
        for viewer in self.viewers:
            viewer.offer(message)


class Hub:
    """Reads watched pages and tells their viewers what changed, and every interval that it is there."""

    def __init__(self, fetch: Fetch, interval: float = INTERVAL) -> None:
        """`fetch` takes an address and the tag of what is known, and gives a partial page or a 304."""
        self._fetch = fetch
        self._interval = interval
        self._began = 0.0
        self._pages: dict[str, _Watched] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._full = False

    @property
    def viewers(self) -> int:
        """How many pages are open."""
        return sum(len(page.viewers) for page in self._pages.values())

    def wake(self) -> None:
        """Something happened: watched pages are read again now, not at the end of the interval."""
        for page in self._pages.values():
            page.woken.set()

    @asynccontextmanager
    async def watching(self, address: str) -> AsyncIterator[Viewer]:
        """A viewer of a page, told everything about it while in this context. Raises HubFullError."""
        if not self._has_room():
            raise HubFullError
        page = self._pages.get(address) or self._follow(address)
        viewer = Viewer()
        page.viewers.add(viewer)
        if page.latest is not None:
            viewer.offer(page.latest)
        try:
            yield viewer
        finally:
            page.viewers.discard(viewer)

    async def close(self) -> None:
        """Ends the reading."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _has_room(self) -> bool:
        """Whether one more viewer is taken. Logs when that changes, not each viewer that is refused."""
        viewers = self.viewers
        if viewers >= MAX_VIEWERS:
            if not self._full:
                logger.warning(
                    "%d live pages are open, the most that one process updates: others poll instead", viewers
                )
            self._full = True
        elif self._full and viewers <= MAX_VIEWERS * FREE_AGAIN:
            logger.info("Live pages are updated again for everyone: %d are open", viewers)
            self._full = False
        return viewers < MAX_VIEWERS

    def _follow(self, address: str) -> _Watched:
        if not self._pages:
            self._began = asyncio.get_running_loop().time()
        page = self._pages[address] = _Watched(address)
        task = asyncio.create_task(self._run(page))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return page

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A watched page is no longer read", exc_info=error)

    async def _run(self, page: _Watched) -> None:
        """Reads the page at each beat, and when it is woken, while somebody looks."""
        try:
            while page.viewers:
                # What wakes the page from here on may come too late for this read, and has it read again.
                page.woken.clear()
                await self._read(page)
                await asyncio.sleep(AT_LEAST)
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(self._next_beat()):
                        await page.woken.wait()
        finally:
            del self._pages[page.address]

    def _next_beat(self) -> float:
        """The same moment for all pages, so that those which need the same call of LiveKit share it."""
        passed = asyncio.get_running_loop().time() - self._began
        return self._began + (passed // self._interval + 1) * self._interval

    async def _read(self, page: _Watched) -> None:
        answer = await self._answer(page)
        message = self._message(page.address, answer)
        if answer.status == 200:
            page.tag, page.latest = answer.headers.get("hx-ptag", ""), message
        elif answer.status != 304:
            # Whoever comes now, or when it is over, needs the whole page.
            page.tag, page.latest = "", message
        page.tell(message)

    async def _answer(self, page: _Watched) -> Answer:
        """What the page's handler says. Those who look are told meanwhile that it takes long."""
        asking = asyncio.ensure_future(self._fetch(page.address, page.tag))
        patience = PATIENCE * self._interval
        try:
            while not (await asyncio.wait({asking}, timeout=patience))[0]:
                page.tell(self._json({"outage": TimedOut.word}))
                patience = self._interval
            return asking.result()
        finally:
            # On the way out of a hub that is being closed.
            if asking.cancel():
                await asyncio.wait({asking})

    def _message(self, address: str, answer: Answer) -> str:
        """For htmx's `ws` extension; without content it says that all is as it was."""
        message: dict[str, object] = {
            "latency": answer.headers.get("x-livekit-latency"),
            "outage": answer.headers.get("x-outage"),
        }
        if answer.status != 304:
            # An outage comes as a note that says itself where it goes.
            swap = "innerMorph" if answer.status == 200 else "none"
            message |= {"content": answer.text, "target": _target(address), "swap": swap}
        return self._json(message)

    def _json(self, message: dict[str, object]) -> str:
        """With `every`, the interval in seconds: live.js takes a silence of several for a dead line."""
        message["every"] = self._interval
        return json.dumps({key: value for key, value in message.items() if value is not None})


def _target(address: str) -> str:
    return "#panel-main" if "panel=1" in address.partition("?")[2].split("&") else "#main"
