"""One reading a page for all who watch it."""

import asyncio
import json
import logging
import time
from contextlib import AsyncExitStack

import pytest

from livekit_dashboard.live import hub as live
from livekit_dashboard.live.hub import Hub, HubFullError
from livekit_dashboard.live.in_process import Answer


class Pages:
    """Pages that the test changes, and how often each was read."""

    def __init__(self) -> None:
        self.version = 1
        self.status = 200
        self.reads: list[str] = []
        self.starts: list[float] = []
        self.slow: dict[str, asyncio.Event] = {}

    def slow_down(self, address: str) -> asyncio.Event:
        """The page is not answered until the event is set."""
        self.slow[address] = asyncio.Event()
        return self.slow[address]

    async def fetch(self, address: str, tag: str) -> Answer:
        self.reads.append(address)
        self.starts.append(time.monotonic())
        if address in self.slow:
            await self.slow[address].wait()
        if self.status != 200:
            return Answer(self.status, {"x-outage": "Unreachable"}, "<note>")
        if tag == str(self.version):
            return Answer(304, {"hx-ptag": tag, "x-livekit-latency": "1.0"}, "")
        return Answer(200, {"hx-ptag": str(self.version)}, f"version {self.version}")


@pytest.fixture
def pages() -> Pages:
    return Pages()


async def _next(viewer: live.Viewer) -> dict[str, str]:
    async with asyncio.timeout(15):
        message: dict[str, str] = json.loads(await viewer.next())
        return message


async def test_a_hundred_viewers_cost_one_reading(pages: Pages) -> None:
    hub = Hub(pages.fetch, interval=60)
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(hub.watching("/rooms")) for _ in range(100)]
        for viewer in viewers:
            assert (await _next(viewer))["content"] == "version 1"
        assert pages.reads == ["/rooms"]
    await hub.close()


async def test_nobody_watching_nothing_runs(pages: Pages) -> None:
    hub = Hub(pages.fetch, interval=0.3)
    async with hub.watching("/rooms") as viewer:
        await _next(viewer)
    async with asyncio.timeout(15):
        await asyncio.gather(*hub._tasks)
    assert hub.viewers == 0
    assert not hub._pages


async def test_a_change_is_sent_when_the_hub_is_woken_and_an_unchanged_page_has_no_content(
    pages: Pages,
) -> None:
    hub = Hub(pages.fetch, interval=60)
    async with hub.watching("/rooms") as viewer:
        await _next(viewer)
        hub.wake()
        beat = await _next(viewer)
        assert "content" not in beat
        assert beat["latency"] == "1.0"
        pages.version = 2
        hub.wake()
        assert await _next(viewer) == {
            "content": "version 2",
            "target": "#main",
            "swap": "innerMorph",
            "every": 60,
        }
    await hub.close()


async def test_who_comes_later_gets_the_page_at_once(pages: Pages) -> None:
    hub = Hub(pages.fetch, interval=60)
    async with hub.watching("/rooms") as first:
        await _next(first)
        async with hub.watching("/rooms") as second:
            assert (await _next(second))["content"] == "version 1"
        assert pages.reads == ["/rooms"]
    await hub.close()


async def test_a_slow_viewer_gets_the_newest_and_no_backlog(pages: Pages) -> None:
    hub = Hub(pages.fetch, interval=60)
    async with hub.watching("/rooms") as slow, hub.watching("/rooms") as quick:
        await _next(quick)
        for version in (2, 3, 4):
            pages.version = version
            hub.wake()
            assert (await _next(quick))["content"] == f"version {version}"
        # A beat after the news doesn't take the news away from who has not had them.
        hub.wake()
        await _next(quick)
        assert (await _next(slow))["content"] == "version 4"
    await hub.close()


async def test_an_outage_is_told_and_over_when_it_is_over(pages: Pages) -> None:
    hub = Hub(pages.fetch, interval=60)
    async with hub.watching("/rooms") as viewer:
        await _next(viewer)
        pages.status = 502
        hub.wake()
        note = await _next(viewer)
        assert (note["outage"], note["swap"]) == ("Unreachable", "none")
        pages.status = 200
        hub.wake()
        # The whole page again, though it is the one from before: the note has to go.
        assert (await _next(viewer))["content"] == "version 1"
    await hub.close()


async def test_a_full_hub_is_logged_once_and_when_it_has_room_again(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(live, "MAX_VIEWERS", 10)
    hub = Hub(pages.fetch, interval=60)
    async with AsyncExitStack() as stack:
        for _ in range(10):
            await stack.enter_async_context(hub.watching("/rooms"))
        for _ in range(5):
            with pytest.raises(HubFullError):
                await hub.watching("/rooms").__aenter__()
    async with hub.watching("/rooms"):
        pass
    await hub.close()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "10 live pages are open, the most that one process updates: others poll instead"),
        ("INFO", "Live pages are updated again for everyone: 0 are open"),
    ]


async def test_the_panel_is_told_apart_from_the_page(pages: Pages) -> None:
    hub = Hub(pages.fetch, interval=60)
    async with hub.watching("/rooms/a/participants/b?panel=1") as viewer:
        assert (await _next(viewer))["target"] == "#panel-main"
    await hub.close()


async def test_there_is_a_limit_to_viewers(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MAX_VIEWERS", 1)
    hub = Hub(pages.fetch, interval=60)
    async with hub.watching("/rooms"):
        with pytest.raises(HubFullError):
            await hub.watching("/").__aenter__()
    await hub.close()


async def test_a_page_that_is_slow_holds_up_no_other(pages: Pages) -> None:
    answered = pages.slow_down("/rooms")
    hub = Hub(pages.fetch, interval=60)
    async with hub.watching("/rooms") as slow, hub.watching("/webhooks") as quick:
        assert (await _next(quick))["content"] == "version 1"
        for version in (2, 3):
            pages.version = version
            hub.wake()
            assert (await _next(quick))["content"] == f"version {version}"
        assert pages.reads.count("/rooms") == 1
        answered.set()
        # It was woken while it was read, and what came of that read may be from before.
        assert (await _next(slow))["content"] == "version 3"
        while pages.reads.count("/rooms") < 2:
            await asyncio.sleep(0.01)
    await hub.close()


async def test_pages_read_at_the_same_beat_are_read_at_the_same_moment(pages: Pages) -> None:
    hub = Hub(pages.fetch, interval=1)
    async with AsyncExitStack() as stack:
        for number in range(5):
            await stack.enter_async_context(hub.watching(f"/{number}"))
            await asyncio.sleep(0.05)
        del pages.starts[:]
        while len(pages.starts) < 5:
            await asyncio.sleep(0.02)
        assert max(pages.starts) - min(pages.starts) < 0.03
    await hub.close()


async def test_whoever_watches_a_slow_page_is_told_so_and_told_again_until_it_answers(pages: Pages) -> None:
    hub = Hub(pages.fetch, interval=0.2)
    async with hub.watching("/rooms") as viewer:
        assert (await _next(viewer))["content"] == "version 1"
        answered = pages.slow_down("/rooms")
        while "outage" not in (message := await _next(viewer)):
            pass
        for _ in range(3):
            assert message == {"outage": "No answer", "every": 0.2}
            message = await _next(viewer)
        answered.set()
        while "outage" in (message := await _next(viewer)):
            pass
        assert message["latency"] == "1.0"
    await hub.close()


async def test_who_has_not_had_the_news_gets_them_though_the_page_is_slow_now() -> None:
    viewer = live.Viewer()
    for message in ('{"latency": 1}', '{"content": "news"}', '{"outage": "No answer"}'):
        viewer.offer(message)
    assert await viewer.next() == '{"content": "news"}'
    for message in ('{"latency": 1}', '{"outage": "No answer"}'):
        viewer.offer(message)
    assert await viewer.next() == '{"outage": "No answer"}'


async def test_a_hub_that_is_closed_waits_for_no_page(pages: Pages) -> None:
    pages.slow_down("/rooms")
    hub = Hub(pages.fetch, interval=60)
    async with hub.watching("/rooms"):
        while not pages.reads:
            await asyncio.sleep(0.01)
        started = time.monotonic()
        await hub.close()
        assert time.monotonic() - started < 1
    assert not hub._tasks


async def test_a_mistake_is_logged_and_the_next_viewer_has_the_page_read_again(
    pages: Pages, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = True

    async def fetch(address: str, tag: str) -> Answer:
        if wrong:
            raise ValueError("a mistake")
        return await pages.fetch(address, tag)

    hub = Hub(fetch, interval=60)
    with caplog.at_level(logging.ERROR):
        async with hub.watching("/rooms"):
            while not caplog.records:
                await asyncio.sleep(0.01)
            assert "a mistake" in caplog.text
            wrong = False
            async with hub.watching("/rooms") as later:
                assert (await _next(later))["content"] == "version 1"
    await hub.close()
