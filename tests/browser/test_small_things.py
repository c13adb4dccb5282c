"""What makes it a pleasure: theme, keys, menus, copying, and the navigation on a phone."""

import re

from playwright.async_api import Page, expect

from tests.browser.people import People
from tests.browser.tab import Tab, room_path

PHONE = {"width": 390, "height": 844}


async def _background(page: Page) -> str:
    return str(await page.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor"))


async def _lightness(page: Page) -> float:
    return sum(map(int, re.findall(r"\d+", await _background(page))[:3])) / 3


async def test_the_theme_follows_the_system_until_one_is_chosen(tab: Tab) -> None:
    page = tab.page
    await page.goto("/rooms?sort=name")
    assert await _lightness(page) > 200
    await page.emulate_media(color_scheme="dark")
    assert await _lightness(page) < 60

    await page.get_by_role("button", name="Change to light").click()
    await expect(page.get_by_role("button", name="Theme: light")).to_be_visible()
    assert page.url.endswith("/rooms?sort=name")
    assert await _lightness(page) > 200
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("button", name="Change to dark").click()
    await expect(page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert await _lightness(page) < 60
    await page.goto("/settings")
    assert await _lightness(page) < 60
    await page.get_by_role("button", name="Change to system").click()
    await expect(page.get_by_role("button", name="Theme: system")).to_be_visible()
    assert await _lightness(page) > 200


async def test_the_navigation_of_a_phone(tab: Tab) -> None:
    page = tab.page
    await page.set_viewport_size(PHONE)
    await page.goto("/")
    main = page.get_by_role("navigation", name="Main")
    await expect(main).to_be_hidden()
    await page.get_by_role("button", name="Open navigation").click()
    await expect(main).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(main).to_be_hidden()
    await page.get_by_role("button", name="Open navigation").click()
    await page.mouse.click(PHONE["width"] - 5, PHONE["height"] // 2)
    await expect(main).to_be_hidden()
    await page.get_by_role("button", name="Open navigation").click()
    await main.get_by_role("link", name="Rooms").click()
    await expect(page.get_by_role("heading", name="Rooms", exact=True)).to_be_visible()
    await expect(main).to_be_hidden()


async def test_a_card_of_a_phone_opens_wherever_it_is_touched(tab: Tab, people: People, room: str) -> None:
    page = tab.page
    await people.open(room)
    await page.set_viewport_size(PHONE)
    await page.goto("/rooms")
    where = await page.locator("main tbody tr").get_by_text("Empty").bounding_box()
    assert where is not None
    await page.mouse.click(where["x"] + 2, where["y"] + 2)
    await expect(page.get_by_role("heading", name=room, exact=True)).to_be_visible()


async def test_copy(page: Page, people: People, room: str) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await people.open(room)
    await page.goto(room_path(room))
    made = await people.room(room)
    assert made is not None
    button = page.locator("main").get_by_role("button", name="Copy the room id")
    await button.click()
    await expect(button).to_have_attribute("data-copied", "yes")
    assert await page.evaluate("navigator.clipboard.readText()") == made.sid
    await expect(button).not_to_have_attribute("data-copied", "yes")


async def test_slash_goes_to_the_search_and_is_a_letter_in_it(page: Page) -> None:
    await page.goto("/rooms?q=old")
    search = page.get_by_role("searchbox")
    await page.keyboard.press("/")
    await expect(search).to_be_focused()
    await page.keyboard.type("a/b")
    await expect(search).to_have_value("a/b")


async def test_menus_close_by_themselves(page: Page, people: People, room: str) -> None:
    await people.open(room, f"{room}-b")
    await page.goto("/rooms")
    tab = Tab(page, scripted=True)
    lower = await tab.menu(f"Actions for {room}-b")
    await expect(lower).to_have_attribute("open", "")
    upper = await tab.menu(f"Actions for {room}")
    await expect(upper).to_have_attribute("open", "")
    await expect(lower).not_to_have_attribute("open", "")
    await page.get_by_role("heading", name="Rooms", exact=True).click()
    await expect(upper).not_to_have_attribute("open", "")
    await tab.menu(f"Actions for {room}")
    await page.keyboard.press("Escape")
    await expect(upper).not_to_have_attribute("open", "")
    await expect(upper.locator("summary")).to_be_focused()


async def test_the_first_tab_stop_skips_to_the_content(page: Page) -> None:
    await page.goto("/rooms")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
