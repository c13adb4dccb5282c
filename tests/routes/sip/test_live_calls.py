"""The pages of inbound and outbound trunks list their live calls, and place new ones, as the requirements ask."""

from collections import Counter

import httpx
import pytest
from livekit import api
from livekit.protocol import sip

from livekit_dashboard.services.sip.calls import FEW
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form
from tests.html import Page
from tests.routes.conftest import Browse

CALLER, CALLEE, OWN = "+15105550123", "+15557654321", "+15550100100"


@pytest.fixture(autouse=True)
async def _calls(world: World) -> None:
    """One call in each direction."""
    world.telephony.available = True
    world.sip.inbound["ST_in"] = sip.SIPInboundTrunkInfo(sip_trunk_id="ST_in", name="Desk", numbers=[OWN])
    world.sip.outbound["ST_out"] = sip.SIPOutboundTrunkInfo(
        sip_trunk_id="ST_out", name="Provider", address="sip.example.com", numbers=[OWN]
    )
    direct = sip.SIPDispatchRuleDirect(room_name="lobby")
    world.sip.rules["SDR_a"] = sip.SIPDispatchRuleInfo(
        sip_dispatch_rule_id="SDR_a", rule=sip.SIPDispatchRule(dispatch_rule_direct=direct)
    )
    assert world.telephony.incoming(CALLER, OWN) is not None
    request = api.CreateSIPParticipantRequest(sip_trunk_id="ST_out", sip_call_to=CALLEE, room_name="support")
    world.telephony.dial(request, world.sip.outbound["ST_out"], OWN)


@pytest.mark.parametrize(
    ("path", "there", "elsewhere"),
    [("/sip-inbound", "+1510••••23", "+1555••••21"), ("/sip-outbound", "+1555••••21", "+1510••••23")],
)
async def test_a_page_of_trunks_lists_the_calls_of_its_direction(
    path: str, there: str, elsewhere: str, client: httpx.AsyncClient
) -> None:
    page = Page((await client.get(path)).text)
    assert there in page.main
    assert elsewhere not in page.main
    assert any(link.text == "Place a call" for link in page.links())
    assert any(link.text == "Hang up" for link in page.links())


async def test_the_cost_is_bounded_however_many_rooms_there_are(
    client: httpx.AsyncClient, world: World
) -> None:
    for number in range(60):
        world.join(f"room-{number}", "ana")
    world.requests.clear()
    page = Page((await client.get("/sip-outbound")).text)
    counts = Counter(name for name, _ in world.requests)
    assert counts.pop("RoomService/ListParticipants") == FEW
    assert set(counts.values()) == {1}
    assert len(counts) == 4
    assert "From the most likely rooms" in page.main or "None in the rooms checked" in page.main


async def test_trunks_are_shown_where_calls_cant_be_listed(client: httpx.AsyncClient, world: World) -> None:
    world.faults.add(Fault("error", match="RoomService/ListParticipants", code="internal"))
    answer = await client.get("/sip-outbound")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert "The calls can’t be listed" in page.main
    assert "No outbound call in progress" not in page.main
    assert "Provider" in page.main


async def test_an_outage_is_an_outage(client: httpx.AsyncClient, world: World) -> None:
    world.faults.add(Fault("refuse"))
    assert (await client.get("/sip-inbound")).status_code == 502


async def test_a_call_can_be_posted_to_the_page_of_outbound_trunks(
    client: httpx.AsyncClient, world: World
) -> None:
    fields = {"sip_call_to": "+15551112233", "room_name": "sales", "via": "trunk", "sip_trunk_id": "ST_out"}
    answer = await post_form(client, "/sip-outbound", fields)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sip-calls/sales/")
    request = next(one for _, one in world.requests if isinstance(one, sip.CreateSIPParticipantRequest))
    assert (request.sip_call_to, request.room_name) == ("+15551112233", "sales")
    assert len(world.sip.outbound) == 1


async def test_a_wrong_call_posted_there_is_said_at_the_field(
    client: httpx.AsyncClient, world: World
) -> None:
    answer = await post_form(client, "/sip-outbound", {"sip_call_to": "", "via": "trunk"})
    assert answer.status_code == 422
    assert "SIP/CreateSIPParticipant" not in world.calls


async def test_a_read_only_console_shows_calls_and_offers_none(browse: Browse) -> None:
    page = Page((await (await browse(read_only=True)).get("/sip-outbound")).text)
    assert "+1555••••21" in page.main
    assert not {"Place a call", "Hang up"} & {link.text for link in page.links()}
