"""Calls that take long tell how far they are, and end where a quick one would."""

import asyncio
from typing import Any

import httpx
import pytest
from livekit import api
from livekit.protocol import sip

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.simulator import Fault, World
from livekit_dashboard.simulator.timing import Pace
from tests.dashboard import Dashboard, origin, post_form
from tests.html import Page

STREAM = {"HX-Request": "true", "Accept": "text/html, text/event-stream"}
INTO_MAIN = {"HX-Request-Type": "partial", "HX-Target": "main#main"}
NUMBER, BUSY = "+15557654321", "+15550000001"
NEW = "/sip-calls/new"
FORM = {
    "sip_call_to": NUMBER,
    "room_name": "support",
    "via": "trunk",
    "sip_trunk_id": "ST_out",
    "wait_until_answered": "y",
}


@pytest.fixture(autouse=True)
def _telephone(world: World) -> None:
    world.telephony.available = True
    world.telephony.callees[BUSY] = "is busy"
    world.pace = Pace(dial=1.2, ring=1.2, no_egress_worker=1.2)
    world.sip.outbound["ST_out"] = sip.SIPOutboundTrunkInfo(
        sip_trunk_id="ST_out", name="Provider", address="sip.example.com", numbers=["+15550100100"]
    )


async def _messages(client: httpx.AsyncClient, path: str, form: dict[str, Any]) -> list[str]:
    answer = await post_form(client, path, form, headers=STREAM | INTO_MAIN)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    return answer.text.strip().split("\n\n")


async def _follow(client: httpx.AsyncClient, message: str) -> Page:
    (link,) = [one for one in Page(message).all("a") if "data-follow" in one]
    answer = await client.get(link["href"])
    assert answer.status_code == 303
    return Page((await client.get(answer.headers["Location"])).text)


async def test_a_call_is_seen_dialing_ringing_and_answered(client: httpx.AsyncClient, world: World) -> None:
    *meanwhile, last = await _messages(client, NEW, FORM)
    assert "Calling +1555••••21" in meanwhile[0]
    assert "Dialing" in meanwhile[0]
    assert any("Ringing" in message for message in meanwhile)
    assert all("of 30 s" in message for message in meanwhile)
    stop = f"/sip-calls/support/{encode_name(f'sip_{NUMBER}')}/hang-up"
    assert all(f'action="{stop}"' in message for message in meanwhile)
    page = await _follow(client, last)
    assert "+1555••••21 answered" in page.text
    assert "Active" in page.main
    assert NUMBER not in "".join(Page(message).text for message in [*meanwhile, last])


async def test_a_busy_line_ends_with_the_form_and_its_entries(client: httpx.AsyncClient) -> None:
    *_, last = await _messages(client, NEW, FORM | {"sip_call_to": BUSY})
    page = Page(last)
    assert "The line is busy" in page.text
    assert dict(page.form(NEW).fields)["sip_call_to"] == BUSY
    assert "Skip to content" not in page.text


async def test_what_comes_back_is_what_was_entered(client: httpx.AsyncClient) -> None:
    odd = "a\u2028b\x85c\x1cd"
    *_, last = await _messages(client, NEW, FORM | {"sip_call_to": BUSY, "room_name": odd})
    assert odd in last


async def test_a_recording_that_no_worker_takes(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup")
    form = {"what": "room", "room_name": "standup", "out": "file", "filepath": "a.mp4"}
    first, *_, last = await _messages(client, "/egress/new", form)
    assert "Waiting for a worker" in first
    assert "of 24 s" in first
    assert "<form" not in first  # LiveKit can't be stopped from asking.
    assert "No egress worker accepted this" in Page(last).text


async def test_what_takes_longer_than_said_is_not_said_to_be_in_time(
    client: httpx.AsyncClient, world: World
) -> None:
    world.pace = Pace(dial=0.8, ring=1.5)
    *meanwhile, _ = await _messages(client, NEW, FORM | {"ringing_timeout": "1"})
    assert "of 1 s" in meanwhile[0]
    assert " of 1 s" not in meanwhile[-1]
    assert "max=" not in meanwhile[-1]


async def test_what_is_quick_comes_as_ever(client: httpx.AsyncClient, world: World) -> None:
    world.pace = Pace()
    answer = await post_form(client, NEW, FORM, headers=STREAM)
    assert answer.headers["HX-Redirect"].startswith("/sip-calls/support/")
    wrong = await post_form(client, NEW, FORM | {"sip_call_to": ""}, headers=STREAM | INTO_MAIN)
    assert wrong.status_code == 422


async def test_without_a_script_the_answer_comes_at_the_end(client: httpx.AsyncClient) -> None:
    answer = await post_form(client, NEW, FORM)
    assert answer.status_code == 303
    assert "answered" in (await client.get(answer.headers["Location"])).text


async def test_who_leaves_does_not_end_the_call(client: httpx.AsyncClient, world: World) -> None:
    fields = dict(Page((await client.get(NEW)).text).form(NEW).fields)
    headers = STREAM | {"Origin": origin(client)}
    async with client.stream("POST", NEW, data=fields | FORM, headers=headers) as answer:
        async for line in answer.aiter_lines():
            assert "data:" in line
            break
    async with asyncio.timeout(10):
        while [call.status for call in world.telephony.calls.values()] != ["active"]:
            await asyncio.sleep(0.05)


async def test_an_outage_of_what_is_watched_does_not_end_the_wait(
    client: httpx.AsyncClient, world: World
) -> None:
    world.faults.add(Fault("refuse", "RoomService/ListParticipants"))
    *meanwhile, last = await _messages(client, NEW, FORM)
    assert "Calling +1555••••21" in meanwhile[0]
    assert "hang-up" not in "".join(meanwhile)
    assert "answered" in last


async def test_a_mistake_of_ours_is_said_and_logged(
    dashboard: Dashboard,
    client: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails(_: api.CreateSIPParticipantRequest) -> None:
        await asyncio.sleep(0.8)
        raise RuntimeError("a bug")

    monkeypatch.setattr(dashboard.app.state.dashboard.livekit.sip.calls, "place", fails)
    *_, last = await _messages(client, NEW, FORM)
    assert "The dashboard failed" in last
    assert "a bug" not in last
    assert "a bug" in caplog.text


@pytest.mark.parametrize("carried", ["", "nonsense", "WyIvcm9vbXMiLHt9XQ.aaaa.bbbb"])
async def test_nobody_is_led_where_others_want(carried: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/arrived", params={"with": carried})
    assert answer.headers["Location"] == "/"
    assert "set-cookie" not in answer.headers or "flash" not in answer.headers["set-cookie"]
