"""Tokens: made in the browser and joined with, taken apart again."""

import json

import jwt
from playwright.async_api import expect

from livekit_dashboard.demo.server import LiveKitServer
from tests.browser.faults import Faults
from tests.browser.people import People
from tests.browser.tab import Tab, room_path


async def test_make_a_token_and_join_with_it(tab: Tab, people: People, room: str) -> None:
    await people.open(room)
    page = tab.page
    await page.goto(room_path(room))
    await page.get_by_role("link", name="Join token", exact=True).click()
    await expect(page.get_by_label("Room", exact=True)).to_have_value(room)
    await page.get_by_label("Identity", exact=True).fill("ada")
    await page.get_by_label("Name", exact=True).fill("Ada ♥")
    await page.get_by_label("Valid for").fill("30")
    await page.get_by_label("Unit").select_option("minutes")
    await page.get_by_role("textbox", name="Metadata", exact=True).fill("from the sandbox")
    await page.get_by_role("textbox", name="Attributes", exact=True).fill('{"seat": "12"}')
    await page.get_by_role("checkbox", name="Send data").uncheck()
    await page.get_by_role("button", name="Make token").click()
    token = await page.locator("#token").inner_text()

    await people.join_with(token, room, "ada", microphone=True)
    info = await people.get(room, "ada")
    assert (info.name, info.metadata, dict(info.attributes)) == ("Ada ♥", "from the sandbox", {"seat": "12"})
    assert (info.permission.can_publish, info.permission.can_publish_data) == (True, False)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["nbf"] == 30 * 60
    assert token not in page.url

    link = page.get_by_role("link", name="Join with this token")
    assert token in str(await link.get_attribute("href"))
    assert await link.get_attribute("rel") == "noopener noreferrer"
    # Shown once: refreshing sends nothing again, and keeps nothing.
    await page.reload()
    await expect(page.locator("#token")).to_have_count(0)


async def test_a_wrong_field_makes_no_token(tab: Tab, room: str, faults: Faults) -> None:
    faults.expect_status(422)
    page = tab.page
    await page.goto(f"/sandbox?room={room}")
    await page.get_by_role("textbox", name="Identity", exact=True).fill("")
    await page.get_by_role("textbox", name="Attributes", exact=True).fill("[1]")
    await page.get_by_role("button", name="Make token").click()
    await expect(page.get_by_role("alert")).to_contain_text("No token was made")
    for label in ("Identity", "Attributes"):
        await expect(page.get_by_role("textbox", name=label, exact=True)).to_have_attribute(
            "aria-invalid", "true"
        )
    await expect(page.get_by_role("textbox", name="Attributes", exact=True)).to_have_value("[1]")
    await expect(page.locator("#token")).to_have_count(0)


async def test_take_a_token_apart(tab: Tab, people: People, room: str, livekit_server: LiveKitServer) -> None:
    page = tab.page
    await page.goto(f"/sandbox?room={room}")
    await page.get_by_label("Identity", exact=True).fill("ada")
    await page.get_by_role("button", name="Make token").click()
    token = await page.locator("#token").inner_text()
    claims = jwt.decode(token, livekit_server.api_secret, ["HS256"])
    forged = jwt.encode(claims, "another secret that is long enough", "HS256")
    expired = jwt.encode({**claims, "exp": claims["nbf"] - 3600}, livekit_server.api_secret, "HS256")

    verdicts = {
        token: "LiveKit would accept it",
        forged: "LiveKit would refuse it",
        expired: "LiveKit would refuse it",
    }
    for pasted, verdict in verdicts.items():
        await page.goto("/sandbox/decode")
        await page.get_by_role("textbox", name="Token", exact=True).fill(f"  {pasted}\n")
        await page.get_by_role("button", name="Decode").click()
        decoded = page.locator("#decoded")
        await expect(decoded.get_by_role("heading", level=2)).to_have_text(verdict)
        await expect(decoded).to_contain_text(room)
        shown = json.loads(await decoded.get_by_label("Claims").inner_text())
        assert shown["sub"] == "ada"
        assert pasted not in page.url
    await expect(decoded).to_contain_text("Made with this dashboard’s key and secret")
