"""A real server whose webhooks come here: what happens is on screen when it happens."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.main import create_app
from livekit_dashboard.services.webhooks.webhooks import Event
from livekit_dashboard.simulator import running
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.browser.people import People
from tests.browser.tab import room_path
from tests.dashboard import Dashboard, served, settings_for
from tests.livekit_server import real_server, simulated_server
from tests.process import free_port

KEY = "APIwebhooks"


@dataclass
class Told:
    """A dashboard that LiveKit tells what happens, and who makes it happen."""

    dashboard: Dashboard
    people: People
    page: Page

    async def open(self, path: str) -> None:
        await self.page.goto(path)
        await expect(self.page.locator("#live-word")).to_have_text("Live")
        await self.page.evaluate("window.unloaded = false")

    async def same_page(self) -> bool:
        return await self.page.evaluate("window.unloaded") is False


@asynccontextmanager
async def _told(server: LiveKitServer, port: int, browser: Browser, faults: Faults) -> AsyncIterator[Told]:
    settings = settings_for(server)
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        running(app, port=port) as url,
        People.on(server) as people,
        new_page(browser, url, faults, http_credentials=ADMIN) as page,
    ):
        yield Told(Dashboard(app, settings, url), people, page)


@pytest.fixture
async def told(browser: Browser, faults: Faults) -> AsyncIterator[Told]:
    port = free_port()
    webhook = {"api_key": KEY, "urls": [f"http://127.0.0.1:{port}/webhooks/livekit"]}
    async with (
        real_server(redis=False, api_key=KEY, config={"webhook": webhook}) as server,
        _told(server, port, browser, faults) as told,
    ):
        yield told


async def test_who_joins_and_leaves_is_seen_though_nothing_is_asked_for_a_minute(told: Told) -> None:
    # The clock of the hub is as good as stopped, so it is the webhooks that tell.
    told.dashboard.app.state.dashboard.hub._interval = 60
    await told.people.join("lab", "ada")
    await told.open(room_path("lab"))
    bob = await told.people.join("lab", "bob", microphone=True)
    row = told.page.get_by_role("row").filter(has_text="bob")
    await expect(row.locator(".chip")).to_be_visible()
    await bob.leave()
    await expect(row).to_be_hidden()
    assert await told.same_page()


async def test_the_timeline_and_the_feed_tell_it_all(told: Told) -> None:
    await told.people.join("lab", "ada")
    await told.open(room_path("lab") + "/timeline")
    bob = await told.people.join("lab", "bob", microphone=True)
    main = told.page.locator("main")
    await expect(main.get_by_role("row").filter(has_text="bob").filter(has_text="Joined")).to_contain_text(
        "webhook"
    )
    await expect(main.get_by_role("row").filter(has_text="bob").filter(has_text="Published")).to_be_visible()
    # LiveKit has no webhook for this.
    bob.mute()
    await expect(main.get_by_role("row").filter(has_text="Muted")).to_contain_text("difference")
    await bob.leave()
    await expect(main.get_by_role("row").filter(has_text="bob").filter(has_text="Left")).to_contain_text(
        "webhook"
    )
    assert await told.same_page()
    await told.open("/webhooks?q=bob")
    await expect(main).to_contain_text("participant_joined")
    await expect(main).to_contain_text("participant_left")


async def test_the_address_to_configure_stays_the_one_of_this_page(browser: Browser, faults: Faults) -> None:
    """What the hub reads has come by no address that a LiveKit server could reach."""
    async with (
        simulated_server() as server,
        served(settings_for(server)) as dashboard,
        new_page(browser, dashboard.url, faults, http_credentials=ADMIN) as page,
    ):
        await page.goto("/webhooks")
        await expect(page.locator("#live-word")).to_have_text("Live")
        await expect(page.locator("main pre")).to_contain_text(f"{dashboard.url}/webhooks/livekit")


async def test_the_body_on_the_page_is_the_one_that_the_server_sent(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhooks = told.dashboard.app.state.dashboard.webhooks
    bodies: list[str] = []
    receive = webhooks.receive

    def recorded(body: bytes, authorization: str) -> Event:
        bodies.append(body.decode())
        event: Event = receive(body, authorization)
        return event

    monkeypatch.setattr(webhooks, "receive", recorded)
    await told.people.join("lab", "ada")
    await told.page.goto("/webhooks?event=participant_joined")
    await told.page.get_by_role("link", name="participant_joined", exact=True).click()
    shown = await told.page.locator("#received").text_content()
    # The server gives every room a password for TURN, which is masked where it stands.
    wanted = [re.sub(r'("turnPassword":")[^"]+', r"\1••••", body) for body in bodies]
    assert shown in wanted
    assert shown not in bodies
    await expect(told.page.get_by_role("button", name="Copy without secrets")).to_have_count(2)
