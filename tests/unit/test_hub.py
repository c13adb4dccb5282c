"""One reading a page for all who watch it."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest

from livekit_dashboard import live
from livekit_dashboard.in_process import Answer
from livekit_dashboard.live import Hub, HubFullError


class Pages:
    """Pages that the test changes, and how often each was read."""

    def __init__(self) -> None:
        self.version = 1
        self.status = 200
        self.reads: list[str] = []

    async def fetch(self, address: str, tag: str) -> Answer:
        self.reads.append(address)
        if self.status != 200:
            return Answer(self.status, {"x-outage": "Unreachable"}, "<note>")
        if tag == str(self.version):
            return Answer(304, {"hx-ptag": tag, "x-livekit-latency": "1.0"}, "")
        return Answer(200, {"hx-ptag": str(self.version), "x-live-ticket": "t"}, f"version {self.version}")


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
    task = hub._task
    assert task is not None
    async with asyncio.timeout(15):
        await task
    assert hub.viewers == 0


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
            "ticket": "t",
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
