"""A room with many in it: several are muted or removed at once, and the side panel lies beside the table."""

import csv
import io

import pytest
from livekit import rtc
from playwright.async_api import Page, expect

from livekit_dashboard.demo.participants import MICROPHONE
from tests.browser.people import People
from tests.browser.tab import Tab, room_path


async def _select(tab: Tab, *names: str) -> None:
    for name in names:
        await tab.page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()
    if tab.scripted:
        await expect(tab.page.get_by_text(f"{len(names)} selected")).to_be_visible()


async def test_mute_several(tab: Tab, people: People, room: str) -> None:
    for name in ("ada", "bob", "eve"):
        await people.join(room, name, microphone=True)
    await tab.page.goto(room_path(room))
    if tab.scripted:
        await expect(tab.page.get_by_role("button", name="Mute", exact=True)).to_be_hidden()
    await _select(tab, "ada", "bob")
    await tab.page.get_by_role("button", name="Mute", exact=True).click()
    question = await tab.question("Mute 2 participants?")
    await expect(question.locator(".picked")).to_contain_text("ada")
    await expect(question.locator(".picked")).not_to_contain_text("eve")
    await question.get_by_role("button", name="Mute 2 participants").click()
    await tab.told("Muted 2 participants")
    muted = [(await people.track(room, name, MICROPHONE)).muted for name in ("ada", "bob", "eve")]
    assert muted == [True, True, False]
    await expect(tab.page.locator("main .chip.off")).to_have_count(2)


async def test_remove_several(tab: Tab, people: People, room: str) -> None:
    ada = await people.join(room, "ada")
    bob = await people.join(room, "bob")
    await people.join(room, "eve")
    await tab.page.goto(room_path(room))
    await _select(tab, "ada", "bob")
    await tab.page.get_by_role("button", name="Remove", exact=True).click()
    question = await tab.question("Remove 2 participants?")
    await question.get_by_role("link", name="Cancel").click()
    assert await people.find(room, "ada")
    if not tab.scripted:
        await _select(tab, "ada", "bob")
    await tab.page.get_by_role("button", name="Remove", exact=True).click()
    question = await tab.question("Remove 2 participants?")
    await question.get_by_role("button", name="Remove 2 participants").click()
    await tab.told("Removed 2 participants")
    for gone in (ada, bob):
        assert await gone.gone() == rtc.DisconnectReason.PARTICIPANT_REMOVED
    assert await people.find(room, "eve")
    main = tab.page.locator("main")
    await expect(main.get_by_role("link", name="ada", exact=True)).to_be_hidden()
    await expect(main.get_by_role("link", name="eve", exact=True)).to_be_visible()


async def test_a_selection_stays_while_others_come_and_go(page: Page, people: People, room: str) -> None:
    await people.join(room, "ada")
    bob = await people.join(room, "bob")
    tab = Tab(page, scripted=True)
    await page.goto(room_path(room))
    await _select(tab, "ada")
    await people.join(room, "aaa", name="Aaa")
    await bob.leave()
    await expect(page.get_by_role("link", name="Aaa", exact=True)).to_be_visible()
    await expect(page.get_by_role("link", name="bob", exact=True)).to_be_hidden()
    await expect(page.get_by_role("checkbox", name="Select ada", exact=True)).to_be_checked()
    await expect(page.get_by_text("1 selected")).to_be_visible()
    # The whole page at once, and none of it again.
    await page.get_by_role("checkbox", name="Select all").check()
    await expect(page.get_by_text("2 selected")).to_be_visible()
    await page.get_by_role("button", name="Clear the selection").click()
    await expect(page.get_by_role("checkbox", name="Select ada", exact=True)).not_to_be_checked()
    await expect(page.get_by_text("selected")).to_be_hidden()


async def test_take_the_list_along(tab: Tab, people: People, room: str) -> None:
    await people.join(room, "ada", name="Ada", microphone=True)
    await people.join(room, "bob")
    await tab.page.goto(f"{room_path(room)}?state=publishing")
    await tab.page.get_by_text("Export").click()
    async with tab.page.expect_download() as download:
        await tab.page.get_by_role("link", name="CSV").click()
    path = await (await download.value).path()
    (row,) = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8")))
    assert (row["identity"], row["name"], row["tracks"]) == ("ada", "Ada", "Microphone")


@pytest.mark.parametrize("width", [1200, 1440])
async def test_the_panel_lies_beside_the_table_and_not_on_it(
    page: Page, people: People, room: str, width: int
) -> None:
    await people.join(room, "ada", name="Ada Lovelace", microphone=True, camera=True)
    await page.set_viewport_size({"width": width, "height": 900})
    tab = Tab(page, scripted=True)
    panel = await tab.open_person(room, "Ada Lovelace")
    edge = (await panel.bounding_box() or {})["x"]
    for part in (
        page.get_by_role("link", name="Close room"),
        page.locator("main summary[aria-label='Actions for Ada Lovelace']"),
        page.locator("main").get_by_text("Export"),
    ):
        box = await part.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= edge
    await page.locator("main summary[aria-label='Actions for Ada Lovelace']").click()
    await expect(page.get_by_role("button", name="Mute all tracks")).to_be_visible()
    for scrolls in ("document.documentElement", "document.querySelector('#main')"):
        assert await page.evaluate(f"{scrolls}.scrollWidth <= {scrolls}.clientWidth")
    await page.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    close = await page.get_by_role("link", name="Close room").bounding_box()
    assert close is not None
    assert close["x"] + close["width"] > edge
