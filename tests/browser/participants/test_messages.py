"""Data and remote procedure calls from the browser, proven by what participants' own apps get."""

import json

import pytest
from livekit import rtc
from playwright.async_api import expect

from tests.browser.faults import Faults
from tests.browser.people import People, event, happens
from tests.browser.tab import Tab, room_path
from tests.dashboard import Dashboard


async def test_data_reaches_everyone_with_its_topic(tab: Tab, people: People, room: str) -> None:
    ada, bob = await people.join(room, "ada"), await people.join(room, "bob")
    both = [event(ada, "data_received"), event(bob, "data_received")]
    page = tab.page
    await page.goto(room_path(room))
    await page.locator("main").get_by_role("link", name="Send data").click()
    await page.get_by_label("Payload").fill('{"text":\n"grüß dich"}')
    await page.get_by_label("Topic").fill("chat")
    await page.get_by_role("button", name="Send data", exact=True).click()
    await tab.told("to everyone in the room")
    for got in both:
        packet: rtc.DataPacket = (await happens(got))[0]
        assert json.loads(packet.data) == {"text": "grüß dich"}
        assert (packet.topic, packet.kind, packet.participant) == (
            "chat",
            rtc.DataPacketKind.KIND_RELIABLE,
            None,
        )


async def test_lossy_data_reaches_whom_it_is_for(tab: Tab, people: People, room: str) -> None:
    ada, bob = await people.join(room, "ada", name="Ada"), await people.join(room, "bob", name="Bob")
    at_ada, at_bob = event(ada, "data_received"), event(bob, "data_received")
    page = tab.page
    await page.goto(f"{room_path(room)}/data")
    await page.get_by_label("Payload").fill("for Bob")
    await page.locator("label[for=how-lossy]").click()
    await page.get_by_label("Bob").check()
    await page.get_by_role("button", name="Send data", exact=True).click()
    await tab.told("to 1 participant")
    packet: rtc.DataPacket = (await happens(at_bob))[0]
    assert (packet.data, packet.kind) == (b"for Bob", rtc.DataPacketKind.KIND_LOSSY)
    await page.get_by_label("Payload").fill("for all")
    if tab.scripted:
        await page.get_by_label("Bob").uncheck()
    await page.get_by_role("button", name="Send data", exact=True).click()
    await tab.told("to everyone")
    # What comes to Ada first is the second one.
    assert (await happens(at_ada))[0].data == b"for all"


@pytest.mark.parametrize("size", [255 * 1024])
async def test_as_much_as_the_form_takes_arrives(tab: Tab, people: People, room: str, size: int) -> None:
    """LiveKit says OK to more too, and delivers nothing of it."""
    ada = await people.join(room, "ada")
    got = event(ada, "data_received")
    await tab.page.goto(f"{room_path(room)}/data")
    await tab.page.get_by_label("Payload").fill("x" * size)
    await tab.page.get_by_label("Topic").fill("t" * 256)
    await tab.page.get_by_role("button", name="Send data", exact=True).click()
    await tab.told("Sent 255 KiB")
    assert len((await happens(got))[0].data) == size


async def test_an_app_answers_and_its_answer_is_shown(tab: Tab, people: People, room: str) -> None:
    ada = await people.join(room, "ada", name="Ada")
    calls: list[rtc.RpcInvocationData] = []

    async def greet(call: rtc.RpcInvocationData) -> str:
        calls.append(call)
        return f"hello {call.payload}"

    ada.room.local_participant.register_rpc_method("greet", greet)
    person = await tab.open_person(room, "Ada")
    await person.locator('summary[aria-label="More for Ada"]').click()
    await person.get_by_role("link", name="Send RPC").click()
    page = tab.page
    await page.get_by_label("Method").fill("greet")
    await page.get_by_label("Payload").fill("grüß dich")
    await page.get_by_role("button", name="Send RPC", exact=True).click()
    answer = page.get_by_role("region", name="Answer")
    await expect(answer).to_contain_text("hello grüß dich")
    assert [call.payload for call in calls] == ["grüß dich"]


async def test_a_method_that_is_not_there_and_one_that_fails(
    tab: Tab, people: People, room: str, faults: Faults
) -> None:
    ada = await people.join(room, "ada")

    async def refuse(call: rtc.RpcInvocationData) -> str:
        raise rtc.RpcError(4242, "not today", "try again")

    ada.room.local_participant.register_rpc_method("dance", refuse)
    faults.expect_status(409)
    page = tab.page
    await page.goto(f"{room_path(room)}/participants/ada/rpc")
    await page.get_by_label("Method").fill("greet")
    await page.get_by_role("button", name="Send RPC", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text(
        "no app of this participant has registered a method “greet”"
    )
    await expect(page.get_by_role("alert")).to_contain_text("1400: Method not supported at destination")
    await page.get_by_label("Method").fill("dance")
    await page.get_by_role("button", name="Send RPC", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("RPC error 4242: not today")


@pytest.mark.parametrize("verb", ["Move", "Forward"])
async def test_moving_and_forwarding_say_what_the_server_says(
    verb: str, tab: Tab, people: People, room: str, faults: Faults, dashboard: Dashboard
) -> None:
    dashboard.app.state.dashboard.livekit.refusals.forget()
    await people.join(room, "ada")
    await people.open(f"{room}-other")
    faults.expect_status(501)
    page = tab.page
    await page.goto(f"{room_path(room)}/participants/ada/move")
    await page.get_by_role("navigation", name="How").get_by_role("link", name=verb).click()
    await page.get_by_label("To room").fill(f"{room}-other")
    await page.get_by_role("button", name=f"{verb} participant", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("LiveKit says: not implemented")
    await expect(page.get_by_role("button", name=f"{verb} participant", exact=True)).to_have_count(0)
    assert await people.find(room, "ada")
