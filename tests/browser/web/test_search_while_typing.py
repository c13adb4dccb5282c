"""Lists follow their search box while one types, and their rows the keyboard."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from tests.browser.people import People
from tests.browser.tab import room_path


@pytest.fixture
async def rooms(livekit_server: LiveKitServer) -> AsyncIterator[list[str]]:
    names = [f"typed-{n:02}" for n in range(12)]
    async with People.on(livekit_server) as people:
        await people.open(*names)
        yield names


async def _names(page: Page) -> list[str]:
    return await page.locator("main tbody td.title").all_inner_texts()


async def test_the_list_and_the_address_follow_what_is_typed(page: Page, rooms: list[str]) -> None:
    await page.goto("/rooms?sort=name")
    box = page.get_by_role("searchbox", name="Name, ID or metadata")
    await box.press_sequentially("typed-1", delay=30)
    await expect(page.locator("main tbody tr")).to_have_count(2)
    assert await _names(page) == rooms[10:12]
    await expect(box).to_be_focused()
    await expect(box).to_have_value("typed-1")
    await expect(page).to_have_url("/rooms?q=typed-1&sort=name&per_page=50")
    # Links of the page keep the search, and it is live.
    await expect(page.get_by_role("link", name="Empty 2")).to_have_attribute("href", re.compile("q=typed-1"))
    await expect(page.locator("#live-word")).to_have_text("Live")
    await page.reload()
    assert await _names(page) == rooms[10:12]


async def test_going_back_leaves_the_list_and_not_a_letter(page: Page, rooms: list[str]) -> None:
    await page.goto("/settings")
    await page.goto("/rooms")
    await page.get_by_role("searchbox", name="Name, ID or metadata").press_sequentially("typed-0", delay=300)
    await expect(page.locator("main tbody tr")).to_have_count(10)
    await page.go_back()
    await expect(page).to_have_url("/settings")


async def test_without_a_script_a_button_searches(plain_page: Page, rooms: list[str]) -> None:
    await plain_page.goto("/rooms")
    await plain_page.get_by_role("searchbox").fill("typed-1")
    await plain_page.get_by_role("button", name="Apply").click()
    assert sorted(await _names(plain_page)) == rooms[10:12]


async def test_rows_are_reached_by_j_and_k_and_by_arrows(page: Page, rooms: list[str]) -> None:
    await page.goto("/rooms?q=typed-&sort=name")
    links = page.locator("main tbody td.title a")
    for _ in range(3):
        await page.keyboard.press("j")
    await expect(links.nth(2)).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("ArrowUp")
    await expect(links.nth(0)).to_be_focused()
    await page.keyboard.press("x")
    await expect(page.get_by_label("Select typed-00")).to_be_checked()
    await page.keyboard.press("ArrowUp")
    box = page.get_by_role("searchbox", name="Name, ID or metadata")
    await expect(box).to_be_focused()
    await box.press("ArrowDown")
    await expect(links.nth(0)).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{room_path('typed-00')}")


async def test_typing_j_into_the_box_stays_in_the_box(page: Page, rooms: list[str]) -> None:
    await page.goto("/rooms")
    box = page.get_by_role("searchbox", name="Name, ID or metadata")
    await box.press("j")
    await expect(box).to_have_value("j")
    await expect(box).to_be_focused()


async def test_few_tabs_lead_past_the_filters_to_the_third_row(page: Page, rooms: list[str]) -> None:
    await page.goto("/rooms?q=typed-&sort=name")
    skip = page.get_by_role("link", name="Skip to the list")
    third = page.locator("main tbody td.title a").nth(2)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # Past the navigation.
    for here in (skip, third):
        for _ in range(16):
            await page.keyboard.press("Tab")
            if await here.evaluate("link => link === document.activeElement"):
                break
        await expect(here).to_be_focused()
        if here is skip:
            await page.keyboard.press("Enter")


async def test_a_room_that_opens_meanwhile_shows_up_if_it_is_searched_for(
    page: Page, rooms: list[str], people: People
) -> None:
    await page.goto("/rooms")
    box = page.get_by_role("searchbox", name="Name, ID or metadata")
    await box.fill("typed-later")
    await expect(page.get_by_role("heading", name="No room matches")).to_be_visible()
    await people.open("typed-later-1", "other-later-1")
    await expect(page.locator("main tbody tr")).to_have_count(1)
    assert await _names(page) == ["typed-later-1"]
    await box.fill("")
    await expect(page.get_by_role("link", name="typed-00")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/rooms\?sort"))


@pytest.mark.parametrize("path", ["/rooms", "/agents"])
async def test_every_list_of_rooms_has_its_keys_and_its_skip_link(
    page: Page, rooms: list[str], path: str
) -> None:
    await page.goto(f"{path}?q=typed-0")
    await expect(page.locator("#list")).to_have_count(1)
    await page.keyboard.press("j")
    await expect(page.locator("main tbody td.title a").first).to_be_focused()


async def test_a_page_that_costs_many_calls_is_searched_with_a_button(page: Page, rooms: list[str]) -> None:
    """Each answer takes two calls a room, so typing asks for none, and the address stays that of what is shown."""
    await page.goto("/agents/all")
    box = page.get_by_role("searchbox", name="Agent, room, ID or metadata")
    await box.press_sequentially("typed-1", delay=30)
    await page.wait_for_timeout(1000)
    await expect(page).to_have_url("/agents/all")
    await page.get_by_role("button", name="Search", exact=True).click()
    await page.wait_for_url("**/agents/all?q=typed-1*")
