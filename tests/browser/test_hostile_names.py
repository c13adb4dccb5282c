"""Rooms and people may be called anything. Whatever it is, it is shown as it is, and every action reaches it."""

import pytest
from playwright.async_api import expect

from tests.browser.people import People
from tests.browser.tab import Tab, room_path

# A dialog that one of them would raise is a fault; see faults.py.
NAMES = [
    """a/b <script>alert(1)</script> '"><img src=x onerror=alert(2)> {{ 7*7 }} %2e&amp;?x=1#y""",
    "..",
    "\u202eevil\u202c עברית 🎙️",
]


@pytest.mark.parametrize("name", NAMES, ids=["markup", "dots", "right-to-left"])
async def test_a_hostile_room_is_found_changed_and_closed(tab: Tab, people: People, name: str) -> None:
    await people.open(name, metadata=f"about {name}")
    page = tab.page
    await page.goto("/rooms")
    await tab.search(name)
    link = page.locator("main tbody .name")
    await expect(link).to_have_text(name)
    await link.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert page.url.endswith(room_path(name))
    await page.get_by_role("navigation", name="Room").get_by_role("link", name="Metadata").click()
    await expect(page.locator("textarea")).to_have_value(f"about {name}")
    await page.locator("textarea").fill(f"more about {name}")
    await page.get_by_role("button", name="Save").click()
    await tab.told("Metadata saved")
    changed = await people.room(name)
    assert changed is not None
    assert changed.metadata == f"more about {name}"

    await page.get_by_role("navigation", name="Room").get_by_role("link", name="JSON").click()
    await expect(page.locator("main pre").first).to_contain_text('"metadata"')
    await page.get_by_role("link", name="Close room").click()
    question = await tab.question(f"Close {name}?")
    await question.get_by_role("button", name="Close room").click()
    await tab.told(f"Closed {name}")
    assert await people.room(name) is None


@pytest.mark.parametrize("name", NAMES[:2], ids=["markup", "dots"])
async def test_a_hostile_person_is_shown_and_removed(tab: Tab, people: People, name: str) -> None:
    ada = await people.join(name, name, name=name, metadata=name, attributes={name: name}, microphone=True)
    page = tab.page
    person = await tab.open_person(name, name)
    await expect(person).to_contain_text(f"{name}")
    await expect(person.locator("pre.meta-text")).to_have_text(name)
    await person.get_by_role("button", name="Mute all").click()
    await tab.told(f"Muted 1 track of {name}")
    assert (await people.get(name, name)).tracks[0].muted
    await person.get_by_role("link", name="Remove").click()
    question = await tab.question(f"Remove {name}?")
    await question.get_by_role("button", name="Remove").click()
    await tab.told(f"Removed {name}")
    await ada.gone()
    assert await people.find(name, name) is None
    await expect(page.get_by_role("heading", level=1)).to_have_text(name)
