"""Phone numbers in a browser, on the real server with a real participant of kind SIP: masked, shown, copied whole."""

import pytest
from playwright.async_api import Page, expect

from livekit_dashboard.addresses.names import encode_name
from tests.browser.people import People
from tests.browser.tab import Tab

NUMBER, OWN, MASKED = "+15105550123", "+4930555777", "+1510••••23"
PHONE = {
    "sip.phoneNumber": NUMBER,
    "sip.trunkPhoneNumber": OWN,
    "sip.callStatus": "active",
    "sip.callID": "SCL_a",
}


@pytest.fixture
async def call(people: People, room: str) -> str:
    """The room of an inbound call, named after the caller as an individual dispatch rule does."""
    name = f"{room}_{NUMBER}_abcDEF234567"
    await people.join(name, f"sip_{NUMBER}", name=f"Phone {NUMBER}", kind="sip", attributes=PHONE)
    return name


async def test_a_call_is_masked_on_the_page_of_its_room_until_asked(tab: Tab, call: str) -> None:
    page = tab.page
    await page.goto(f"/rooms/{encode_name(call)}")
    assert NUMBER not in page.url
    main = page.locator("main")
    await expect(main).to_contain_text(f"Phone {MASKED}")
    assert NUMBER not in await page.title()
    assert NUMBER not in await page.locator("body").inner_text()
    await page.get_by_role("link", name="Show numbers").click()
    await expect(main).to_contain_text(f"Phone {NUMBER}")
    await expect(page.get_by_text("Numbers partly masked")).to_have_count(0)


async def test_a_copy_button_holds_the_whole_number(tab: Tab, call: str) -> None:
    page = tab.page
    await page.goto(f"/rooms/{encode_name(call)}/participants/{encode_name(f'sip_{NUMBER}')}")
    await expect(page.locator("main")).to_contain_text(f"sip_{MASKED}")
    copy = page.get_by_role("button", name="Copy the identity (whole number)")
    await expect(copy.first).to_have_attribute("data-copy", f"sip_{NUMBER}")


async def test_a_live_update_of_a_page_is_masked_too(page: Page, people: People, room: str) -> None:
    """The second phone comes by the live connection, not by a reload."""
    await people.join(room, f"sip_{NUMBER}", name=f"Phone {NUMBER}", kind="sip", attributes=PHONE)
    await page.goto(f"/rooms/{room}")
    await expect(page.locator("main")).to_contain_text(MASKED)
    other = {**PHONE, "sip.phoneNumber": "+442071838750", "sip.callID": "SCL_b"}
    await people.join(room, "sip_+442071838750", name="Phone +442071838750", kind="sip", attributes=other)
    await expect(page.locator("main")).to_contain_text("+4420••••50")
    assert "+442071838750" not in await page.locator("body").inner_text()
    await expect(page.get_by_text("Numbers partly masked")).to_be_visible()
