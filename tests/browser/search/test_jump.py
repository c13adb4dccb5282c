"""The jump box and the keys, on the real server."""

from playwright.async_api import Page, expect

from tests.browser.people import People
from tests.browser.tab import Tab, room_path


async def test_ctrl_k_finds_while_one_types_and_enter_jumps(page: Page, people: People, room: str) -> None:
    await people.open(room, f"{room}-b")
    await page.goto("/settings")
    await page.keyboard.press("Control+k")
    dialog = page.locator("dialog#dialog[open]")
    box = dialog.get_by_role("searchbox")
    await expect(box).to_be_focused()
    await expect(dialog.get_by_role("link", name="Overview")).to_be_visible()
    await box.press_sequentially(room)
    found = dialog.get_by_role("region", name="Rooms")
    await expect(found.get_by_role("link")).to_have_count(2)
    await expect(box).to_be_focused()
    await expect(box).to_have_value(room)
    await box.press("Enter")
    await page.wait_for_url(f"**{room_path(room)}")


async def test_arrows_go_through_what_was_found_and_back(page: Page, people: People, room: str) -> None:
    await people.open(room, f"{room}-b")
    await page.goto("/")
    await page.get_by_role("link", name="Search or jump").click()
    dialog = page.locator("dialog#dialog[open]")
    box = dialog.get_by_role("searchbox")
    await box.fill(room)
    links = dialog.get_by_role("region", name="Rooms").get_by_role("link")
    await expect(links).to_have_count(2)
    await box.press("ArrowDown")
    await expect(links.nth(0)).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(links.nth(1)).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(box).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{room_path(f'{room}-b')}")


async def test_escape_closes_it_and_the_key_opens_it_again(page: Page) -> None:
    await page.goto("/rooms")
    for _ in range(2):
        await page.keyboard.press("Meta+k")
        await expect(page.locator("dialog#dialog[open] .jumper")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("dialog#dialog[open]")).to_have_count(0)


async def test_without_a_script_it_is_a_page(plain_page: Page, people: People, room: str) -> None:
    await people.open(room)
    await plain_page.goto("/settings")
    await plain_page.get_by_role("link", name="Search or jump").click()
    await plain_page.get_by_role("searchbox").fill(room)
    await plain_page.get_by_role("button", name="Search").click()
    await plain_page.get_by_role("region", name="Rooms").get_by_role("link").click()
    await plain_page.wait_for_url(f"**{room_path(room)}")


async def test_someone_is_found_in_the_rooms(tab: Tab, people: People, room: str) -> None:
    await people.join(room, f"ada-{room}")
    await people.counted(room, 1)
    page = tab.page
    await page.goto(f"/search?q=ada-{room}")
    await page.get_by_role("region", name="Participants").get_by_role("link").click()
    await page.wait_for_url(f"**{room_path(room)}/participants/*")


async def test_a_question_mark_lists_the_keys_but_not_while_one_types(page: Page) -> None:
    await page.goto("/rooms")
    await page.keyboard.press("?")
    keys = page.locator("dialog#dialog[open]")
    await expect(keys.get_by_role("heading", name="Keys")).to_be_visible()
    await keys.get_by_role("link", name="Close").click()
    await expect(keys).to_have_count(0)
    await page.keyboard.press("Control+k")
    box = page.locator("dialog#dialog[open]").get_by_role("searchbox")
    await box.press("?")
    await expect(box).to_have_value("?")
