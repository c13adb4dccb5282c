"""The list of rooms: searched, filtered, sorted, paged and exported."""

import csv
import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from tests.browser.people import People
from tests.browser.tab import Tab


async def _names(page: Page) -> list[str]:
    return await page.locator("main tbody td.title").all_inner_texts()


@pytest.fixture(scope="module")
async def rooms(livekit_server: LiveKitServer) -> AsyncIterator[list[str]]:
    """Thirty rooms, opened in the order of their names; there is someone in the last."""
    names = [f"list-{n:02}" for n in range(30)]
    async with People.on(livekit_server) as people:
        await people.open(*names, metadata="of the list")
        await people.join(names[-1], "ada", microphone=True)
        await people.counted(names[-1], 1)
        yield names


async def test_sort_by_a_column(tab: Tab, rooms: list[str]) -> None:
    page = tab.page
    await page.goto("/rooms")
    header = page.get_by_role("columnheader", name="Name")
    await header.get_by_role("link").click()
    await expect(header).to_have_attribute("aria-sort", "ascending")
    assert await _names(page) == rooms
    await header.get_by_role("link").click()
    await expect(header).to_have_attribute("aria-sort", "descending")
    assert await _names(page) == rooms[::-1]


async def test_the_busiest_come_first_and_filters_narrow(tab: Tab, rooms: list[str]) -> None:
    page = tab.page
    await page.goto("/rooms")
    assert (await _names(page))[0] == rooms[-1]
    await page.get_by_role("link", name="Active 1").click()
    await expect(page.get_by_role("link", name="Active 1")).to_have_attribute("aria-current", "true")
    assert await _names(page) == [rooms[-1]]
    await page.get_by_role("link", name="Empty 29").click()
    await expect(page.get_by_role("link", name="Empty 29")).to_have_attribute("aria-current", "true")
    assert sorted(await _names(page)) == rooms[:-1]
    await tab.search("list-1")
    await expect(page.get_by_role("link", name="Empty 10")).to_have_attribute("aria-current", "true")
    assert sorted(await _names(page)) == rooms[10:20]
    await tab.search("no such room")
    await expect(page.get_by_role("heading", name="No room matches")).to_be_visible()
    await page.get_by_role("link", name="Show all rooms").click()
    await expect(page.get_by_role("link", name="All 30")).to_be_visible()


async def test_turn_the_pages(tab: Tab, rooms: list[str]) -> None:
    page = tab.page
    await page.goto("/rooms")
    await page.get_by_label("Sort").select_option("Name")
    if tab.scripted:
        await page.wait_for_url("**sort=name**")
    await page.get_by_label("Per page").select_option("25")
    if not tab.scripted:
        await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("1–25 of 30")).to_be_visible()
    assert await _names(page) == rooms[:25]
    await page.get_by_role("link", name="Next page").click()
    await expect(page.get_by_text("26–30 of 30")).to_be_visible()
    assert await _names(page) == rooms[25:]
    await expect(page.get_by_role("link", name="Next page")).to_be_disabled()
    await page.get_by_role("link", name="Previous page").click()
    await expect(page.get_by_text("1–25 of 30")).to_be_visible()


@pytest.mark.parametrize("kind", ["CSV", "JSON"])
async def test_export_what_is_shown(tab: Tab, rooms: list[str], kind: str) -> None:
    page = tab.page
    await page.goto("/rooms?q=list-2&sort=name&per_page=5")
    await page.locator("summary", has_text="Export").click()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name=kind).click()
    download = await downloading.value
    assert download.suggested_filename == f"rooms.{kind.lower()}"
    text = (await download.path()).read_text("utf-8-sig")
    rows = json.loads(text)["rooms"] if kind == "JSON" else list(csv.DictReader(text.splitlines()))
    assert [row["name"] for row in rows] == rooms[20:]
    assert {row["metadata"] for row in rows} == {"of the list"}
    assert str(rows[-1]["participants"]) == "1"
