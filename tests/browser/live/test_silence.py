"""Lines that die without a word: no end of them is ever seen, nothing comes any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from livekit_dashboard.live import tickets
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.dashboard import served, settings_for
from tests.livekit_server import Simulator

SILENT = 40_000
"""Milliseconds in which a page must have noticed: three intervals, and what a busy machine adds."""


class Line:
    """What lies between a browser and the dashboard. Frozen connections stay open, and carry nothing."""

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._writers: set[asyncio.StreamWriter] = set()
        self._sockets: set[asyncio.Event] = set()
        self._others: set[asyncio.Event] = set()
        self._dead = False

    def freeze(self) -> None:
        """All WebSockets that are open now."""
        for flows in self._sockets:
            flows.clear()

    def die(self) -> None:
        """Everything, and what is opened from here on."""
        self._dead = True
        for flows in self._sockets | self._others:
            flows.clear()

    def revive(self) -> None:
        """What is opened from here on works; what was opened meanwhile does not."""
        self._dead = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, back}
        head = await reader.read(65536)
        flows = asyncio.Event()
        (self._sockets if b"upgrade: websocket" in head.lower() else self._others).add(flows)
        if not self._dead:
            flows.set()
            back.write(head)
        await asyncio.gather(self._pass(reader, back, flows), self._pass(there, writer, flows))

    async def _pass(
        self, source: asyncio.StreamReader, drain: asyncio.StreamWriter, flows: asyncio.Event
    ) -> None:
        try:
            while data := await source.read(65536):
                await flows.wait()
                drain.write(data)
                await drain.drain()
            await flows.wait()
        except ConnectionError:
            pass
        drain.close()

    def close(self) -> None:
        for flows in self._sockets | self._others:
            flows.set()
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def _line(url: str) -> AsyncIterator[tuple[Line, str]]:
    line = Line(url)
    server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
    try:
        yield line, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        line.close()


@pytest.fixture
async def lined(simulator: Simulator, browser: Browser, faults: Faults) -> AsyncIterator[tuple[Page, Line]]:
    """A tab whose page came over a line that can be frozen."""
    async with (
        served(settings_for(simulator)) as dashboard,
        _line(dashboard.url) as (line, url),
        new_page(browser, url, faults, http_credentials=ADMIN) as page,
    ):
        yield page, line


async def _open(page: Page) -> None:
    await page.goto("/rooms")
    await expect(page.locator("#live-word")).to_have_text("Live")
    await page.evaluate("""() => {
        window.words = [];
        const word = document.getElementById("live-word");
        new MutationObserver(() => window.words.push(word.textContent)).observe(word, {childList: true});
    }""")


async def _words(page: Page) -> list[str]:
    words: list[str] = await page.evaluate("window.words")
    return words


def _polls(page: Page) -> list[str]:
    """What the page asks from now on to be up to date."""
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.url) if "partial=1" in request.url else None)
    return polls


async def test_a_socket_that_is_dead_is_noticed_and_another_one_opened(
    lined: tuple[Page, Line], simulator: Simulator
) -> None:
    page, line = lined
    await _open(page)
    line.freeze()
    simulator.world.create_room("meanwhile")
    await expect(page.get_by_role("link", name="meanwhile")).to_be_visible(timeout=SILENT)
    await expect(page.locator("#live-word")).to_have_text("Live")
    assert "Reconnecting" in await _words(page)
    # And it is a socket that brings what is next.
    simulator.world.create_room("afterwards")
    async with asyncio.timeout(15):
        await expect(page.get_by_role("link", name="afterwards")).to_be_visible()
    assert (await _words(page))[-1] == "Live"


async def test_while_nothing_comes_by_any_way_the_page_says_so(
    lined: tuple[Page, Line], simulator: Simulator
) -> None:
    page, line = lined
    await _open(page)
    line.die()
    await expect(page.locator("#live-word")).to_have_text("Reconnecting", timeout=SILENT)
    # Polls go on, and none of them is answered.
    async with page.expect_request(lambda request: "partial=1" in request.url, timeout=15_000):
        pass
    await expect(page.locator("#live-word")).to_have_text("Reconnecting")
    line.revive()
    simulator.world.create_room("afterwards")
    await expect(page.get_by_role("link", name="afterwards")).to_be_visible(timeout=SILENT)
    await expect(page.locator("#live-word")).to_have_text("Live")


async def test_a_paused_page_asks_nothing_and_notices_when_it_is_resumed(
    lined: tuple[Page, Line], simulator: Simulator
) -> None:
    page, line = lined
    await _open(page)
    polls = _polls(page)
    await page.get_by_role("button", name="Pause").click()
    line.freeze()
    simulator.world.create_room("meanwhile")
    # Longer than the silence that is noticed otherwise.
    await page.wait_for_timeout(9_000)
    await expect(page.locator("#live-word")).to_have_text("Paused")
    assert not polls
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("link", name="meanwhile")).to_be_visible()
    await expect(page.locator("#live-word")).to_have_text("Live")
    simulator.world.create_room("afterwards")
    await expect(page.get_by_role("link", name="afterwards")).to_be_visible()


async def test_a_page_that_is_hidden_asks_nothing_and_is_live_again_when_it_is_seen(
    lined: tuple[Page, Line], simulator: Simulator
) -> None:
    page, line = lined
    await _open(page)
    polls = _polls(page)
    await _hide(page, hidden=True)
    line.freeze()
    simulator.world.create_room("meanwhile")
    await page.wait_for_timeout(9_000)
    assert not polls
    await _hide(page, hidden=False)
    await expect(page.get_by_role("link", name="meanwhile")).to_be_visible()
    await expect(page.locator("#live-word")).to_have_text("Live", timeout=SILENT)
    simulator.world.create_room("afterwards")
    await expect(page.get_by_role("link", name="afterwards")).to_be_visible(timeout=SILENT)


async def _hide(page: Page, *, hidden: bool) -> None:
    """Tabs of a headless browser are all seen; so the page is told what it would be told."""
    await page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


async def test_when_its_hour_is_over_a_page_fetches_another_ticket_and_goes_on(
    lined: tuple[Page, Line], monkeypatch: pytest.MonkeyPatch, simulator: Simulator
) -> None:
    page, _ = lined
    monkeypatch.setattr(tickets, "WATCHES", 8)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    await _open(page)
    async with asyncio.timeout(60):
        while len(set(sockets)) < 3:
            await page.wait_for_timeout(200)
    simulator.world.create_room("afterwards")
    await expect(page.get_by_role("link", name="afterwards")).to_be_visible()
    await expect(page.locator("#live-word")).to_have_text("Live")


async def test_a_ticket_that_grew_old_is_replaced_by_the_next_poll(
    browser: Browser, faults: Faults, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        served(settings_for(simulator)) as dashboard,
        new_page(browser, dashboard.url, faults, http_credentials=ADMIN) as page,
    ):
        monkeypatch.setattr(tickets, "OPENS", -1)
        await page.goto("/rooms")
        await expect(page.locator("#live-word")).to_have_text("Polling")
        monkeypatch.setattr(tickets, "OPENS", 120)
        await page.evaluate("window.unloaded = false")
        await expect(page.locator("#live-word")).to_have_text("Live")
        assert await page.evaluate("window.unloaded") is False
