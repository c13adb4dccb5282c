"""The hub behind live pages: reads each watched page every two seconds, and sends changes to all of its viewers.

Without viewers, nothing runs. Each page is read by its own task, so that a slow one delays no other; all tasks read at
the same moments, so that pages share the LiveKit calls that they have in common. A viewer that is slow to receive gets
the newest message, never a backlog.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from livekit_dashboard.services.errors.tree import TimedOut

from .in_process import Answer

logger = logging.getLogger(__name__)

INTERVAL = 2.0  # Seconds between two reads of a watched page.
# Least number of seconds between two reads of a page that is woken often.
AT_LEAST = 0.2
# Intervals after which viewers of a page that is still being read get the message that LiveKit doesn't answer.
PATIENCE = 2
MAX_VIEWERS = 1000
# Share of MAX_VIEWERS below which a full hub counts as free again: at the limit, the log would get a line per viewer.
FREE_AGAIN = 0.9

Fetch = Callable[[str, str], Awaitable[Answer]]


class HubFullError(Exception):
    """The hub has MAX_VIEWERS; the page polls instead."""


class Viewer:
    """One open page. Holds the newest message that has not been sent to it yet."""

    def __init__(self) -> None:
        self._message: str | None = None
        self._ready = asyncio.Event()

    def offer(self, message: str) -> None:
        """Replaces a message that is still waiting, unless that has content and this one has none."""
        if self._message is None or '"content"' in message or '"content"' not in self._message:
            self._message = message
        self._ready.set()

    async def next(self) -> str:
        """Waits for a message, and removes it."""
        await self._ready.wait()
        self._ready.clear()
        message, self._message = self._message, None
        assert message is not None
        return message


@dataclass
class _Watched:
    """A page with viewers."""

    address: str
    viewers: set[Viewer] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    tag: str = ""
    latest: str | None = None

    def tell(self, message: str) -> None:
        """Offers the message to every viewer."""
        for viewer in self.viewers:
            viewer.offer(message)


class Hub:
    """Reads watched pages and sends changes to their viewers, and at least a heartbeat every interval."""

    def __init__(self, fetch: Fetch, interval: float = INTERVAL) -> None:
        """`fetch` takes an address and the tag of the last content; it returns a partial page, or a 304 if that is current."""
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
        """Reads all watched pages again now, not at the end of the interval: something has changed."""
        for page in self._pages.values():
            page.woken.set()

    @asynccontextmanager
    async def watching(self, address: str) -> AsyncIterator[Viewer]:
        """A viewer that receives the page's messages while in this context. Raises HubFullError."""
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
        """Stops reading all pages."""
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
            logger.error("A live page is no longer updated", exc_info=error)

    async def _run(self, page: _Watched) -> None:
        """Reads the page at each beat, and when it is woken, until it has no viewers."""
        try:
            while page.viewers:
                # A wake-up from here on may be too late for this read, so it causes another one.
                page.woken.clear()
                await self._read(page)
                await asyncio.sleep(AT_LEAST)
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(self._next_beat()):
                        await page.woken.wait()
        finally:
            del self._pages[page.address]

    def _next_beat(self) -> float:
        """The time of the next read, the same for all pages, so that they share LiveKit calls."""
        passed = asyncio.get_running_loop().time() - self._began
        return self._began + (passed // self._interval + 1) * self._interval

    async def _read(self, page: _Watched) -> None:
        answer = await self._answer(page)
        message = self._message(page.address, answer)
        if answer.status == 200:
            page.tag, page.latest = answer.headers.get("hx-ptag", ""), message
        elif answer.status != 304:
            # New viewers, and all viewers after the error, need the whole page.
            page.tag, page.latest = "", message
        page.tell(message)

    async def _answer(self, page: _Watched) -> Answer:
        """The response of the page's handler. While it takes long, viewers get the message that LiveKit doesn't answer."""
        asking = asyncio.ensure_future(self._fetch(page.address, page.tag))
        patience = PATIENCE * self._interval
        try:
            while not (await asyncio.wait({asking}, timeout=patience))[0]:
                page.tell(self._json({"outage": TimedOut.word}))
                patience = self._interval
            return asking.result()
        finally:
            # Only if the hub is being closed.
            if asking.cancel():
                await asyncio.wait({asking})

    def _message(self, address: str, answer: Answer) -> str:
        """The message for htmx's `ws` extension; without content, nothing has changed."""
        message: dict[str, object] = {
            "latency": answer.headers.get("x-livekit-latency"),
            "outage": answer.headers.get("x-outage"),
        }
        if answer.status != 304:
            # An error is a note that contains its own target.
            swap = "innerMorph" if answer.status == 200 else "none"
            message |= {"content": answer.text, "target": _target(address), "swap": swap}
        return self._json(message)

    def _json(self, message: dict[str, object]) -> str:
        """Adds `every`, the interval in seconds: live.js reconnects after several without a message."""
        message["every"] = self._interval
        return json.dumps({key: value for key, value in message.items() if value is not None})


def _target(address: str) -> str:
    return "#panel-main" if "panel=1" in address.partition("?")[2].split("&") else "#main"
