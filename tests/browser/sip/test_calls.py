"""Calls in a browser: placed, seen ringing and answered, transferred, hung up. On the simulator: the real server needs a SIP worker."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import Request
from livekit.protocol import sip
from playwright.async_api import Browser, Page, expect

from livekit_dashboard.simulator import World
from livekit_dashboard.simulator.timing import Pace
from livekit_dashboard.web import long_running as waits
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.browser.people import eventually
from tests.browser.tab import Tab
from tests.dashboard import served, settings_for
from tests.livekit_server import simulated_server

NUMBER, BUSY = "+15557654321", "+15550000001"
# Slow enough to be seen, fast enough for a test.
PACE = Pace(dial=2.0, ring=5.0, no_sip_worker=0.2)


@pytest.fixture
def world() -> World:
    world = World(sip_worker=True, pace=PACE)
    world.telephony.callees[BUSY] = "is busy"
    world.sip.outbound["ST_out"] = sip.SIPOutboundTrunkInfo(
        sip_trunk_id="ST_out", name="Office", address="sip.example.com", numbers=["+15550100100"]
    )
    return world


@pytest.fixture(params=["scripted", "plain"])
async def phone(
    request: pytest.FixtureRequest, browser: Browser, world: World, faults: Faults
) -> AsyncIterator[Tab]:
    """A tab of the logged-in admin on a simulated server that has a SIP worker, with and without JavaScript."""
    scripted = request.param == "scripted"
    async with (
        simulated_server(world) as server,
        served(settings_for(server)) as dashboard,
        new_page(browser, dashboard.url, faults, scripted=scripted, http_credentials=ADMIN) as page,
    ):
        yield Tab(page, scripted)


async def _fill(page: Page, number: str = NUMBER) -> None:
    await page.goto("/sip-calls")
    await page.get_by_role("link", name="Place a call").first.click()
    await page.get_by_label("To", exact=True).fill(number)
    await page.get_by_label("Room", exact=True).fill("support")


async def test_a_call_is_placed_seen_ringing_answered_and_hung_up(phone: Tab, world: World) -> None:
    page, facts = phone.page, phone.page.locator("main .facts")
    await _fill(page)
    await page.get_by_label("Wait for the answer").uncheck()
    await page.get_by_role("button", name="Place call", exact=True).click()
    await phone.told("Calling +1555••••21")
    await expect(facts).to_contain_text(re.compile("Dialing|Ringing"))
    if not phone.scripted:
        await world.settled()
        await page.reload()
    else:
        # The page is told: nobody reloads it.
        await expect(facts).to_contain_text("Ringing")
    await expect(facts).to_contain_text("Active")

    await page.goto("/sip-calls")
    row = page.locator("tbody tr")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("Active")
    await expect(row).to_contain_text("+1555••••21")
    await row.get_by_role("link", name="Active").click()
    await page.locator("main").get_by_role("link", name="Hang up").click()
    question = await phone.question("Hang up on +1555••••21?")
    await question.get_by_role("button", name="Hang up").click()
    await phone.told("Call ended")
    assert not world.telephony.calls
    await expect(page.locator("main")).to_contain_text("No calls in progress")


async def test_waiting_says_so_at_once_and_ends_with_a_sentence(
    phone: Tab, world: World, faults: Faults
) -> None:
    page = phone.page
    await _fill(page, BUSY)
    if not phone.scripted:
        faults.expect_status(409)
    await page.get_by_role("button", name="Place call", exact=True).click()
    if phone.scripted:
        wait = page.locator("#wait")
        await expect(wait).to_contain_text("Calling +1555••••01 · Dialing")
        await expect(wait).to_contain_text("Ringing")
        await expect(wait).to_contain_text(re.compile("[3-6] s of 30 s"))
        await expect(page.get_by_role("progressbar", name="Time that has passed")).to_be_visible()
        await expect(page.get_by_role("button", name="Place call", exact=True)).to_be_hidden()
    await expect(page.get_by_role("alert")).to_contain_text("The line is busy")
    await expect(page.get_by_role("alert")).to_contain_text("SIP status 486 Busy Here")
    await expect(page.get_by_label("To", exact=True)).to_have_value(BUSY)
    # The same form, with another number, goes through.
    await page.get_by_label("To", exact=True).fill(NUMBER)
    await page.get_by_role("button", name="Place call", exact=True).click()
    await phone.told("+1555••••21 answered")
    await expect(page.locator("main .facts")).to_contain_text("Active")


async def test_a_call_that_rings_is_hung_up(phone: Tab, world: World) -> None:
    if not phone.scripted:
        pytest.skip(
            "Without a script the browser itself says that it waits; the call is in the list meanwhile."
        )
    page = phone.page
    await _fill(page)
    await page.get_by_role("button", name="Place call", exact=True).click()
    await expect(page.locator("#wait")).to_contain_text("Ringing")
    await page.locator("#wait").get_by_role("button", name="Hang up").click()
    await phone.told("Call ended")
    assert not world.telephony.calls
    await expect(page.locator("main")).to_contain_text("No calls in progress")


async def test_a_wait_that_is_cut_off_says_so(
    phone: Tab, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not phone.scripted:
        pytest.skip("Without a script the browser itself says so.")
    page, tell = phone.page, waits.piece

    def cut(request: Request, template: str, **context: Any) -> str:
        if context["elapsed"] > 1.5:
            request.scope["state"]["drop"](request.scope["client"])
        return tell(request, template, **context)

    monkeypatch.setattr(waits, "piece", cut)
    faults.expect("ERR_INCOMPLETE_CHUNKED_ENCODING")
    faults.expect("htmx:sse:error")
    await _fill(page)
    await page.get_by_role("button", name="Place call", exact=True).click()
    await expect(page.locator("#wait")).to_contain_text("Dialing")
    await expect(page.locator("#wait").get_by_role("alert")).to_contain_text(
        "connection to the dashboard was lost"
    )
    # The call itself goes on.
    await page.locator("#wait").get_by_role("button", name="Hang up").click()
    await phone.told("Call ended")


async def test_without_a_worker_it_ends_with_what_to_check(phone: Tab, world: World, faults: Faults) -> None:
    world.telephony.available = False
    faults.expect_status(503)
    page = phone.page
    await _fill(page)
    await page.get_by_role("button", name="Place call", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("No SIP worker accepted this call")
    await expect(page.get_by_role("alert")).to_contain_text("Check that livekit-sip is running")


async def test_a_host_shows_its_own_fields(phone: Tab, world: World) -> None:
    page = phone.page
    await _fill(page)
    await expect(page.get_by_label("Trunk", exact=True)).to_be_visible()
    await expect(page.get_by_label("Host", exact=True)).to_be_hidden()
    await page.locator("label[for=via-host]").click()
    await expect(page.get_by_label("Trunk", exact=True)).to_be_hidden()
    await page.get_by_label("Host", exact=True).fill("sip.other.example.com")
    await page.get_by_label("From", exact=True).fill("+15550100101")
    await page.get_by_role("button", name="Place call", exact=True).click()
    await phone.told("answered")
    requests = [request for _, request in world.requests]
    sent = next(request for request in requests if isinstance(request, sip.CreateSIPParticipantRequest))
    assert (sent.sip_trunk_id, sent.trunk.hostname) == ("", "sip.other.example.com")


async def test_a_call_is_handed_over(phone: Tab, world: World) -> None:
    page = phone.page
    await _fill(page)
    await page.get_by_role("button", name="Place call", exact=True).click()
    await phone.told("answered")
    await page.locator("main").get_by_role("link", name="Transfer").click()
    await page.get_by_label("To", exact=True).fill("+1 555 222 3333")
    await page.get_by_role("button", name="Transfer call").click()
    await phone.told("Transferred")

    async def over() -> bool:
        return not world.telephony.calls

    await eventually(over)


async def test_several_calls_are_hung_up(phone: Tab, world: World) -> None:
    page = phone.page
    trunk = world.sip.outbound["ST_out"]
    for digit in range(3):
        request = sip.CreateSIPParticipantRequest(
            sip_call_to=f"+1555111222{digit}", room_name=f"room {digit}"
        )
        world.telephony.dial(request, trunk, trunk.numbers[0])
    await page.goto("/sip-calls?sort=room")
    await page.locator(".pick input").nth(0).check()
    await page.locator(".pick input").nth(1).check()
    await page.get_by_role("button", name="Hang up").click()
    question = await phone.question("Hang up 2 calls?")
    await question.get_by_role("button", name="Hang up 2 calls").click()
    await phone.told("Hung up 2 calls")
    assert len(world.telephony.calls) == 1


async def test_a_call_appears_on_the_page_of_outbound_trunks_and_is_hung_up_there(
    phone: Tab, world: World
) -> None:
    page = phone.page
    await page.goto("/sip-outbound")
    calls = page.locator("#live-calls")
    await expect(calls).to_contain_text("No outbound call in progress")
    request = sip.CreateSIPParticipantRequest(sip_call_to=NUMBER, room_name="support")
    world.telephony.dial(request, world.sip.outbound["ST_out"], "+15550100100")
    if not phone.scripted:
        await page.reload()
    await expect(calls).to_contain_text("+1555••••21")
    await page.goto("/sip-inbound")
    await expect(calls).not_to_contain_text("+1555••••21")
    await page.goto("/sip-outbound")
    await calls.get_by_role("link", name="Hang up").click()
    question = await phone.question("Hang up on +1555••••21?")
    await question.get_by_role("button", name="Hang up").click()
    await phone.told("Call ended")
    assert not world.telephony.calls
