"""LiveKit goes down and comes back while pages are open."""

from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from livekit import api
from playwright.async_api import Browser, Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.dashboard import served, settings_for

AGAIN = 30_000
"""Milliseconds until a page must have noticed that the server is back."""


async def _open(server: LiveKitServer, room: str) -> None:
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as lk:
        await lk.room.create_room(api.CreateRoomRequest(name=room))


async def _keeps_what_it_had(page: Page, room: str) -> None:
    """And says that it is from before."""
    await expect(page.locator("#outage")).to_contain_text("What you see below is from before")
    await expect(page.locator("#live-word")).to_have_text("Unreachable")
    await expect(page.get_by_role("link", name=room)).to_be_visible()
    await expect(page.locator("#main")).to_have_css("opacity", "0.6")


async def _has_nothing_but_the_error(page: Page) -> None:
    """And still the way to everywhere else."""
    await expect(page.get_by_role("heading", name="What to do")).to_be_visible()
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    await expect(page.locator("#livebox")).to_contain_text("Unreachable")
    await expect(page.locator("main table")).to_have_count(0)


async def test_pages_tell_an_outage_and_recover(
    browser: Browser, livekit_server: LiveKitServer, faults: Faults, way: str
) -> None:
    """`livekit_server` is not the one that is stopped; it skips this where there is none."""
    faults.expect_status(502)
    async with AsyncExitStack() as stack:
        async with LiveKitServer() as server:
            await _open(server, "before")
            dashboard = await stack.enter_async_context(served(settings_for(server)))
            page = await stack.enter_async_context(
                new_page(browser, dashboard.url, faults, http_credentials=ADMIN)
            )
            await page.goto("/rooms")
            await expect(page.get_by_role("link", name="before")).to_be_visible()
        await _keeps_what_it_had(page, "before")
        late = await page.context.new_page()
        await faults.watch(late)
        answer = await late.goto("/rooms")
        assert answer is not None
        assert answer.status == 502
        await _has_nothing_but_the_error(late)

        back = LiveKitServer(
            api_key=server.api_key, api_secret=server.api_secret, port=urlsplit(server.url).port
        )
        async with back:
            await _open(back, "after")
            for tab in (page, late):
                await expect(tab.get_by_role("link", name="after")).to_be_visible(timeout=AGAIN)
                await expect(tab.get_by_role("link", name="before")).to_be_hidden()
                await expect(tab.locator("#outage")).to_be_empty()
                await expect(tab.locator("#live-word")).to_have_text("Live" if way == "pushed" else "Polling")
                await expect(tab.locator("#main")).to_have_css("opacity", "1")


async def test_without_javascript_the_error_page_offers_to_try_again(
    browser: Browser, livekit_server: LiveKitServer, faults: Faults
) -> None:
    faults.expect_status(502)
    async with AsyncExitStack() as stack:
        async with LiveKitServer() as server:
            await _open(server, "before")
            dashboard = await stack.enter_async_context(served(settings_for(server)))
            page = await stack.enter_async_context(
                new_page(browser, dashboard.url, faults, scripted=False, http_credentials=ADMIN)
            )
        await page.goto("/rooms?q=before")
        await _has_nothing_but_the_error(page)
        back = LiveKitServer(
            api_key=server.api_key, api_secret=server.api_secret, port=urlsplit(server.url).port
        )
        async with back:
            await _open(back, "before")
            await page.get_by_role("link", name="Try again").click()
            await expect(page.get_by_role("link", name="before", exact=True)).to_be_visible()
            assert page.url.endswith("/rooms?q=before")
