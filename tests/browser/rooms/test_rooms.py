"""Rooms: opened, changed and closed from the browser, with and without JavaScript, proven by asking the server."""

import json

from livekit import rtc
from playwright.async_api import expect

from tests.browser.faults import Faults
from tests.browser.people import People, event, happens
from tests.browser.tab import Tab, room_path


async def test_open_a_room_with_its_fields(tab: Tab, people: People, room: str) -> None:
    page = tab.page
    await page.goto("/rooms")
    await page.locator("main").get_by_role("link", name="New room").first.click()
    await page.get_by_label("Name", exact=True).fill(room)
    await page.get_by_label("Max participants").fill("7")
    await page.get_by_label("Empty timeout").fill("901")
    await page.get_by_label("Departure timeout").fill("33")
    await page.get_by_label("Metadata").fill('{"subject": "Ätna"}')
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_label("Min playout delay").fill("100")
    await page.get_by_label("Max playout delay").fill("800")
    await page.get_by_label("Tags").fill('{"team": "support"}')
    await page.get_by_role("button", name="Create room").click()
    await tab.told(f"{room} is open")
    await expect(page.get_by_role("heading", name=room)).to_be_visible()
    assert page.url.endswith(room_path(room))

    made = await people.room(room)
    assert made is not None
    assert (made.max_participants, made.empty_timeout, made.departure_timeout) == (7, 901, 33)
    assert made.metadata == '{"subject": "Ätna"}'
    assert made.num_participants == 0


async def test_a_wrong_field_keeps_the_others(tab: Tab, people: People, room: str, faults: Faults) -> None:
    faults.expect_status(422)
    page = tab.page
    await page.goto("/rooms/new")
    entries = {
        "Name": "x" * 257,
        "Max participants": "-7",
        "Metadata": " <b>kept</b>\n as it is",
        "Tags": "{not json",
    }
    await page.locator("summary", has_text="Advanced").click()
    for label, text in entries.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name="Create room").click()

    summary = page.get_by_role("alert")
    await expect(summary).to_contain_text("Nothing was created")
    for label, text in entries.items():
        field = page.get_by_label(label, exact=True)
        await expect(field).to_be_visible()
        await expect(field).to_have_value(text)
        if label != "Metadata":
            await expect(field).to_have_attribute("aria-invalid", "true")
    await summary.get_by_role("link", name="Max participants").click()
    assert page.url.endswith("#max_participants")

    for label, text in {"Name": room, "Max participants": "2", "Tags": ""}.items():
        await page.get_by_label(label, exact=True).fill(text)
    await page.get_by_role("button", name="Create room").click()
    await tab.told(f"{room} is open")
    made = await people.room(room)
    assert made is not None
    assert (made.max_participants, made.metadata) == (2, " <b>kept</b>\n as it is")


async def test_a_room_that_is_open_already_is_not_told_as_created(
    tab: Tab, people: People, room: str, faults: Faults
) -> None:
    faults.expect_status(409)
    await people.open(room, metadata="old", empty_timeout=301)
    page = tab.page
    await page.goto(f"/rooms/new?name={room}&max_participants=7&empty_timeout=301&metadata=new")
    await page.get_by_role("button", name="Create room").click()
    told = page.get_by_role("alert")
    await expect(told).to_contain_text(f"{room} is already open")
    rows = [" ".join(row.split()) for row in await told.locator("tbody tr").all_inner_texts()]
    assert rows == ["Max participants 7 no limit", "Metadata new old"]
    await expect(page.get_by_label("Max participants")).to_have_value("7")
    await told.get_by_role("link", name="Edit its metadata").click()
    await expect(page.get_by_label("Metadata", exact=True)).to_have_value("old")
    kept = await people.room(room)
    assert kept is not None
    assert (kept.max_participants, kept.metadata) == (0, "old")

    await page.goto(f"/rooms/new?name={room}")
    await page.get_by_role("button", name="Create room").click()
    await tab.told(f"{room} is already open")
    assert page.url.endswith(room_path(room))


async def test_edit_the_metadata_of_a_room(tab: Tab, people: People, room: str) -> None:
    await people.open(room, metadata='{"old": true}')
    ada = await people.join(room, "ada")
    told = event(ada, "room_metadata_changed")
    page = tab.page
    await page.goto(room_path(room))
    await page.get_by_role("navigation", name="Room").get_by_role("link", name="Metadata").click()
    field = page.get_by_role("textbox", name="Metadata")
    assert json.loads(await field.input_value()) == {"old": True}
    await field.fill('{"new": "Ω"}')
    if tab.scripted:
        await expect(page.locator("[data-bytes-of]")).to_have_text("13 B")
    await page.get_by_role("button", name="Save").click()
    await tab.told("Metadata saved")
    assert (await happens(told))[1] == '{"new": "Ω"}'
    changed = await people.room(room)
    assert changed is not None
    assert changed.metadata == '{"new": "Ω"}'


async def test_close_a_room_after_all(tab: Tab, people: People, room: str) -> None:
    ada = await people.join(room, "ada", microphone=True)
    page = tab.page
    await page.goto(room_path(room))
    await page.get_by_role("link", name="Close room").click()
    question = await tab.question(f"Close {room}?")
    await expect(question).to_contain_text("1 participant is disconnected immediately")
    await expect(question.get_by_role("link", name="Cancel")).to_be_focused()
    await question.get_by_role("link", name="Cancel").click()
    await expect(page.get_by_role("heading", name=f"Close {room}?")).to_be_hidden()
    await expect(page.get_by_role("heading", name=room, exact=True)).to_be_visible()
    assert await people.room(room)

    await page.get_by_role("link", name="Close room").click()
    question = await tab.question(f"Close {room}?")
    await question.get_by_role("button", name="Close room").click()
    await tab.told(f"Closed {room}")
    assert page.url.endswith("/rooms")
    assert await ada.gone() == rtc.DisconnectReason.ROOM_DELETED
    assert await people.room(room) is None
    await expect(page.get_by_role("link", name=room, exact=True)).to_be_hidden()


async def test_the_dialog_can_be_left_in_every_way(tab: Tab, people: People, room: str) -> None:
    if not tab.scripted:
        await tab.page.goto("/rooms")  # Without JavaScript it is a page, and Back leaves it.
        await people.open(room)
        await tab.page.goto(room_path(room))
        await tab.page.get_by_role("link", name="Close room").click()
        await tab.question(f"Close {room}?")
        await tab.page.go_back()
        assert tab.page.url.endswith(room_path(room))
        return
    await people.open(room)
    page = tab.page
    await page.goto(room_path(room))
    opener = page.get_by_role("link", name="Close room")
    for leave in ("Escape", "backdrop"):
        await opener.click()
        question = await tab.question(f"Close {room}?")
        if leave == "Escape":
            await page.keyboard.press("Escape")
        else:
            await page.mouse.click(5, 5)
        await expect(question).to_be_hidden()
        await expect(opener).to_be_focused()
    assert await people.room(room)


async def test_close_many(tab: Tab, people: People, room: str) -> None:
    names = [f"{room}-{n}" for n in range(3)]
    await people.open(*names, "stays")
    ada = await people.join(names[1], "ada")
    await people.counted(names[1], 1)
    page = tab.page
    await page.goto(f"/rooms?q={room}-")
    if tab.scripted:
        everything = page.get_by_role("checkbox", name="Select all")
        await everything.check()
        await expect(page.get_by_text("3 selected")).to_be_visible()
        await page.get_by_role("checkbox", name=f"Select {names[0]}").uncheck()
        await expect(everything).not_to_be_checked()
        await expect(page.get_by_text("2 selected")).to_be_visible()
        await everything.check()
    else:
        for name in names:
            await page.get_by_role("checkbox", name=f"Select {name}").check()
    await page.get_by_role("button", name="Close rooms").click()
    question = await tab.question("Close 3 rooms?")
    for name in names:
        await expect(question).to_contain_text(name)
    await expect(question).to_contain_text("1 participant is disconnected immediately")
    await question.get_by_role("button", name="Close 3 rooms").click()
    await tab.told("Closed 3 rooms")
    assert await ada.gone() == rtc.DisconnectReason.ROOM_DELETED
    assert [await people.room(name) for name in names] == [None] * 3
    assert await people.room("stays")
    await page.goto("/rooms")
    await expect(page.locator("main table")).to_contain_text("stays")
    await expect(page.locator("main table")).not_to_contain_text(room)
