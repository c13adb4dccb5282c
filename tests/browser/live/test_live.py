"""Pages that stay true by themselves, whether the dashboard pushes what is new or the page asks."""

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Error, Page, Request, Response, WebSocket, expect

from livekit_dashboard.live.hub import INTERVAL
from tests.browser.people import SOON, People
from tests.browser.tab import Tab, room_path

WITHIN = 7_000
"""Milliseconds in which a page has to know: one poll, and what it takes."""
WORDS = {"pushed": "Live", "polled": "Polling"}


def _is_poll(request: Request | Response) -> bool:
    return "partial=1" in request.url


class Frames:
    """What the page's sockets bring, as they bring it."""

    def __init__(self, page: Page) -> None:
        self._came: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        page.on("websocket", self._watch)

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            return await self._came.get()

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self._came.put_nowait(json.loads(frame)))


async def _live(page: Page, way: str) -> None:
    """Waits until the page is told or asks; from here on it must not be loaded again."""
    await expect(page.locator("#live-word")).to_have_text(WORDS[way])
    await page.evaluate("window.unloaded = false")


async def _never_reloaded(page: Page) -> bool:
    return await page.evaluate("window.unloaded") is False


async def test_people_who_come_and_go_show_up(page: Page, people: People, room: str, way: str) -> None:
    await people.join(room, "ada")
    await page.goto(room_path(room))
    await _live(page, way)
    bob = await people.join(room, "bob", microphone=True)
    row = page.get_by_role("row").filter(has_text="bob")
    await expect(row.locator(".chip")).to_be_visible(timeout=WITHIN)
    await bob.leave()
    await expect(row).to_be_hidden(timeout=WITHIN)
    assert await _never_reloaded(page)


@pytest.mark.parametrize("way", ["pushed"], indirect=True)
async def test_the_panel_is_live_too(page: Page, people: People, room: str, way: str) -> None:
    ada = await people.join(room, "ada")
    panel = await Tab(page, scripted=True).open_person(room, "ada")
    await expect(panel).to_contain_text("no tracks")
    await ada.publish_microphone()
    await expect(panel.locator(".track")).to_contain_text("Microphone", timeout=WITHIN)
    await ada.room.local_participant.set_attributes({"hand": "raised"})
    await expect(panel).to_contain_text("raised", timeout=WITHIN)
    await expect(page.locator("tr[aria-selected=true]")).to_contain_text("ada")


@pytest.mark.parametrize("way", ["pushed"], indirect=True)
async def test_the_panel_stays_with_who_was_opened_last(
    page: Page, people: People, room: str, way: str
) -> None:
    """An action asks for the panel anew, and what comes with that is for this one's socket alone."""
    await people.join(room, "ada", microphone=True)
    await people.join(room, "bob")
    tab = Tab(page, scripted=True)
    panel = await tab.open_person(room, "ada")
    await panel.get_by_role("button", name="Mute Microphone").click()
    await tab.told("Microphone of ada muted")
    await expect(panel.get_by_role("button", name="Unmute Microphone")).to_be_visible()
    panel = await tab.click_person("bob")
    await expect(panel).to_contain_text("no tracks")
    await page.wait_for_timeout(3 * INTERVAL * 1000)
    await expect(panel.get_by_role("heading", name="bob")).to_be_visible()
    await expect(panel).to_contain_text("no tracks")


@pytest.mark.parametrize("way", ["polled"], indirect=True)
async def test_an_unchanged_poll_is_a_304(page: Page, people: People, room: str, way: str) -> None:
    await people.open(room)
    await page.goto("/rooms")
    async with page.expect_response(_is_poll) as answering:
        pass
    answer = await answering.value
    assert answer.status == 304
    assert "content-length" not in await answer.all_headers()
    await people.open(f"{room}-new")
    async with page.expect_response(_is_poll) as answering:
        await expect(page.get_by_role("link", name=f"{room}-new")).to_be_visible(timeout=WITHIN)
    assert (await answering.value).status == 200


@pytest.mark.parametrize("way", ["pushed"], indirect=True)
async def test_an_unchanged_push_is_next_to_nothing(page: Page, people: People, room: str, way: str) -> None:
    polls: list[Request] = []
    page.on("request", lambda request: polls.append(request) if _is_poll(request) else None)
    frames = Frames(page)
    await people.open(room)
    await page.goto("/rooms")
    await frames.next()
    for _ in range(2):
        frame = await frames.next()
        assert "content" not in frame
        assert "latency" in frame
    await people.open(f"{room}-new")
    while "content" not in (frame := await frames.next()):
        pass
    assert f"{room}-new" in frame["content"]
    await expect(page.get_by_role("link", name=f"{room}-new")).to_be_visible()
    assert not polls


async def test_what_is_being_done_survives_an_update(page: Page, people: People, room: str, way: str) -> None:
    await people.open(room, f"{room}-b")
    await page.goto("/rooms?sort=name")
    await _live(page, way)
    await page.get_by_role("checkbox", name=f"Select {room}-b").check()
    menu = await Tab(page, scripted=True).menu(f"Actions for {room}")
    # Not a click, which would close the menu.
    await page.get_by_role("searchbox").press_sequentially(room)
    await expect(menu).to_have_attribute("open", "")
    for name in (f"{room}-c", f"{room}-d"):
        await people.open(name)
        await expect(page.get_by_role("link", name=name)).to_be_visible(timeout=WITHIN)
        await expect(page.get_by_role("searchbox")).to_have_value(room)
        await expect(page.get_by_role("searchbox")).to_be_focused()
        await expect(page.get_by_role("checkbox", name=f"Select {room}-b")).to_be_checked()
        await expect(page.get_by_text("1 selected")).to_be_visible()
        await expect(menu).to_have_attribute("open", "")
    await page.keyboard.type("-")
    await expect(page.get_by_role("searchbox")).to_have_value(f"{room}-")
    assert await _never_reloaded(page)


async def test_pause_and_resume(page: Page, people: People, room: str, way: str) -> None:
    frames = Frames(page)
    await page.goto("/rooms")
    await _live(page, way)
    await page.get_by_role("button", name="Pause").click()
    await expect(page.locator("#live-word")).to_have_text("Paused")
    await people.open(room)
    if way == "polled":
        with pytest.raises(Error, match="Timeout"):
            async with page.expect_request(_is_poll, timeout=6_000):
                pass
    else:
        while "content" not in await frames.next():
            pass
        await frames.next()  # so that the one with the room has been taken, or not
    await expect(page.get_by_role("link", name=room, exact=True)).to_be_hidden()
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_role("link", name=room, exact=True)).to_be_visible()
    await expect(page.locator("#live-word")).to_have_text(WORDS[way])
    assert await _never_reloaded(page)
