"""Logging in and out of HTTP Basic, by the browser's own prompt and its own memory of the password."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, HttpCredentials, Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.live import hub as live
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.browser.prompt import Prompt
from tests.dashboard import Dashboard, served, settings_for

WRONG = HttpCredentials(username="admin", password="pässword")


@pytest.fixture(params=["scripted", "plain"])
async def stranger(
    request: pytest.FixtureRequest, browser: Browser, dashboard: Dashboard, faults: Faults
) -> AsyncIterator[Page]:
    """A tab of someone who has not logged in."""
    async with new_page(browser, dashboard.url, faults, scripted=request.param == "scripted") as page:
        yield page


async def test_nothing_is_shown_without_the_password(
    stranger: Page, dashboard: Dashboard, faults: Faults
) -> None:
    faults.expect_status(401)
    prompt = await Prompt.of(stranger)
    answer = await stranger.goto("/rooms")
    assert answer is not None
    assert answer.status == 401
    assert prompt.asked == 1
    await expect(stranger.get_by_role("heading", name="Log in", exact=True)).to_be_visible()
    assert dashboard.settings.server_name not in await answer.text()


async def test_a_wrong_password_is_refused(stranger: Page, faults: Faults) -> None:
    faults.expect_status(401)
    prompt = await Prompt.of(stranger)
    prompt.type(WRONG)
    answer = await stranger.goto("/rooms")
    assert answer is not None
    assert answer.status == 401
    assert prompt.asked == 2  # again, after the wrong one
    await expect(stranger.get_by_role("heading", name="Log in", exact=True)).to_be_visible()


async def test_guessing_has_to_wait(browser: Browser, livekit_server: LiveKitServer, faults: Faults) -> None:
    faults.expect_status(429)
    async with (
        served(settings_for(livekit_server, login_failures_per_minute=3)) as dashboard,
        new_page(browser, dashboard.url, faults) as page,
    ):
        prompt = await Prompt.of(page)
        prompt.type(WRONG, times=3)
        prompt.type(ADMIN)
        answer = await page.goto("/rooms")
        assert answer is not None
        assert answer.status == 429
        assert prompt.asked == 4  # the right one was typed, and not looked at
        await expect(page.get_by_role("heading", name="Too many failed logins")).to_be_visible()


async def test_a_browser_that_was_logged_in_is_not_locked_out_by_others(
    browser: Browser, livekit_server: LiveKitServer, faults: Faults
) -> None:
    faults.expect_status(429)
    async with (
        served(settings_for(livekit_server, login_failures_per_minute=3)) as dashboard,
        new_page(browser, dashboard.url, faults) as admin,
        new_page(browser, dashboard.url, faults) as other,
    ):
        typed = await Prompt.of(admin)
        typed.type(ADMIN)
        await admin.goto("/rooms")
        guesses = await Prompt.of(other)
        guesses.type(WRONG, times=3)
        guesses.type(ADMIN)
        await other.goto("/rooms")
        await expect(other.get_by_role("heading", name="Too many failed logins")).to_be_visible()
        await admin.goto("/settings")
        await expect(admin.get_by_role("heading", name="Settings", level=1)).to_be_visible()


async def test_log_in_out_and_in_again(stranger: Page, faults: Faults) -> None:
    faults.expect_status(401)
    prompt = await Prompt.of(stranger)
    prompt.type(ADMIN)
    await stranger.goto("/rooms")
    await expect(stranger.get_by_role("heading", name="Rooms", exact=True)).to_be_visible()
    await stranger.goto("/settings")
    await expect(stranger.get_by_role("heading", name="Settings", exact=True)).to_be_visible()
    assert prompt.asked == 1

    await stranger.get_by_role("link", name="Log out").click()
    signed_out = stranger.get_by_role("heading", name="You’re logged out")
    await expect(signed_out).to_be_visible()
    for path in ("/rooms", "/settings", "/rooms.json"):
        await stranger.goto(path)
        await expect(signed_out).to_be_visible()
    await stranger.go_back()
    await expect(signed_out).to_be_visible()
    assert prompt.asked == 1

    # The browser has forgotten the password: it asks again, and without an answer nobody gets in.
    await stranger.get_by_role("link", name="Log in again").click()
    await expect(stranger.get_by_role("heading", name="Log in", exact=True)).to_be_visible()
    assert prompt.asked == 2
    await stranger.goto("/rooms")
    await expect(signed_out).to_be_visible()

    prompt.type(ADMIN)
    await stranger.get_by_role("link", name="Log in again").click()
    await expect(stranger.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    assert prompt.asked == 3
    await stranger.goto("/rooms")
    await expect(stranger.get_by_role("heading", name="Rooms", exact=True)).to_be_visible()
    assert prompt.asked == 3


async def test_other_tabs_notice_the_log_out(page: Page, faults: Faults) -> None:
    """Logged out in one tab, the others must not go on showing what happens, nor ask for the password."""
    faults.expect_status(401)
    await page.goto("/rooms")
    await expect(page.locator("#live-word")).to_have_text("Live")
    other = await page.context.new_page()
    await other.goto("/settings")
    await other.get_by_role("link", name="Log out").click()
    for tab in (other, page):
        await expect(tab.get_by_role("heading", name="You’re logged out")).to_be_visible()


async def test_a_page_that_nobody_tells_notices_the_log_out(
    page: Page, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its next poll leads it away, without the prompt that a 401 would bring up."""
    monkeypatch.setattr(live, "MAX_VIEWERS", 0)
    faults.expect_status(403)
    faults.expect_status(401)
    await page.goto("/rooms")
    await page.locator("[data-pushes=main][data-stale]").wait_for(state="attached")
    await page.context.request.get("/logout", headers={"Sec-Fetch-Dest": "document"})
    await expect(page.get_by_role("heading", name="You’re logged out")).to_be_visible()
