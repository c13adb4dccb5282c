"""Ingresses are created, changed and deleted from the browser, proven by asking the real server."""

from collections.abc import AsyncIterator

import pytest
from livekit import api
from livekit.protocol import ingress, models
from playwright.async_api import Browser, Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.simulator import World
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.browser.tab import Tab
from tests.dashboard import served, settings_for
from tests.livekit_server import simulated_server


@pytest.fixture
async def lk(livekit_server: LiveKitServer) -> AsyncIterator[api.LiveKitAPI]:
    """LiveKit's own SDK, to ask the server what it holds. All ingresses are gone when the test ends."""
    server = livekit_server
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as lk:
        yield lk
        for info in await _all(lk):
            await lk.ingress.delete_ingress(api.DeleteIngressRequest(ingress_id=info.ingress_id))


async def _all(lk: api.LiveKitAPI) -> list[ingress.IngressInfo]:
    return list((await lk.ingress.list_ingress(api.ListIngressRequest())).items)


async def _fill_in(page: Page) -> None:
    await page.goto("/ingress")
    await page.locator("main").get_by_role("link", name="Create ingress").first.click()
    await page.get_by_label("Room").fill("town-hall")
    await page.get_by_label("Identity").fill("stage")
    await page.get_by_label("Name", exact=True).fill("Stage camera")


async def test_an_rtmp_ingress_from_nothing_to_nothing(tab: Tab, lk: api.LiveKitAPI) -> None:
    page = tab.page
    await _fill_in(page)
    await expect(page.get_by_label("URL", exact=True)).to_be_hidden()
    await expect(page.get_by_label("High layer", exact=True)).to_be_hidden()
    await page.get_by_label("Video encoding").select_option("Custom")
    await page.get_by_label("High layer", exact=True).fill("1280x720")
    await page.get_by_role("button", name="Create ingress").click()
    await tab.told("Ingress Stage camera created")

    (info,) = await _all(lk)
    assert (info.room_name, info.participant_identity, info.name) == ("town-hall", "stage", "Stage camera")
    layer = models.VideoLayer(quality=models.HIGH, width=1280, height=720)
    assert list(info.video.options.layers) == [layer]
    assert info.stream_key not in await page.content()
    await page.get_by_role("link", name="Show key").click()
    await expect(page.locator("#key")).to_contain_text(info.stream_key)

    await page.get_by_role("link", name="Edit").click()
    await page.get_by_label("Participant name").fill("The stage")
    await page.get_by_role("button", name="Save").click()
    await tab.told("Saved")
    (saved,) = await _all(lk)
    assert (saved.participant_name, saved.video) == ("The stage", info.video)

    await page.get_by_role("link", name="Disable").click()
    question = await tab.question("Disable ingress Stage camera?")
    await question.get_by_role("button", name="Disable").click()
    await expect(page.locator("main")).to_contain_text("Disabled: streams are refused")
    assert not (await _all(lk))[0].enabled
    await page.get_by_role("button", name="Enable").click()
    await tab.told("Enabled")
    assert (await _all(lk))[0].enabled

    await page.get_by_role("link", name="Delete").click()
    question = await tab.question("Delete ingress Stage camera?")
    await question.get_by_role("button", name="Delete").click()
    await tab.told("deleted")
    assert await _all(lk) == []
    await expect(page.get_by_role("heading", name="No ingress yet")).to_be_visible()


async def test_the_key_is_copied(page: Page, lk: api.LiveKitAPI) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await _fill_in(page)
    await page.get_by_role("button", name="Create ingress").click()
    await page.get_by_role("link", name="Show key").click()
    await page.get_by_role("button", name="Copy the stream key").click()
    await expect(page.locator("#key [data-copied=yes]")).to_be_visible()
    (info,) = await _all(lk)
    assert await page.evaluate("navigator.clipboard.readText()") == info.stream_key


async def test_a_url_without_a_worker(tab: Tab, lk: api.LiveKitAPI, faults: Faults) -> None:
    """The server itself says that nobody took it, after three seconds."""
    faults.expect_status(503)
    page = tab.page
    await _fill_in(page)
    await page.locator("label", has_text="a file or stream").click()
    await page.get_by_label("URL", exact=True).fill("https://example.com/video.mp4")
    await page.get_by_role("button", name="Create ingress").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("No ingress worker accepted this. Nothing was created.")
    await expect(alert).to_contain_text("LiveKit says: no response from servers")
    await expect(page.get_by_label("URL", exact=True)).to_have_value("https://example.com/video.mp4")
    assert await _all(lk) == []


async def test_without_a_base_url_the_page_says_how_to_get_one(tab: Tab, lk: api.LiveKitAPI) -> None:
    """This server's configuration has none."""
    made = await lk.ingress.create_ingress(
        api.CreateIngressRequest(input_type=ingress.WHIP_INPUT, participant_identity="stage")
    )
    assert made.url == ""
    await tab.page.goto(f"/ingress/{made.ingress_id}")
    main = tab.page.locator("main")
    await expect(main).to_contain_text("whip_base_url: https://in.example.com/whip")
    await expect(main).to_contain_text("No room: streams are refused")


async def test_a_stream_comes_and_goes(browser: Browser, faults: Faults) -> None:
    """Live, on a simulated worker."""
    world = World(ingress_worker=True, rtmp_base_url="rtmp://in.example.com/live")
    async with (
        simulated_server(world) as simulator,
        served(settings_for(simulator)) as dashboard,
        new_page(browser, dashboard.url, faults, http_credentials=ADMIN) as page,
    ):
        await _fill_in(page)
        await page.get_by_role("button", name="Create ingress").click()
        main = page.locator("main")
        await expect(main).to_contain_text("No stream yet")
        (ingress_id,) = world.ingresses.items
        world.ingresses.publish(ingress_id)
        await expect(main).to_contain_text("Publishing")
        await expect(main).to_contain_text("H.264 · 1280×720 · 30 fps · 2.5 Mbit/s")
        world.ingresses.fail(ingress_id, "the encoder stopped sending")
        await expect(main).to_contain_text("LiveKit reported: the encoder stopped sending")
        await expect(main).to_contain_text("No stream is connected.")
