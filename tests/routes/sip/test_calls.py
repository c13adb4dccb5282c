"""Phone calls: found, placed, handed over and hung up, and what becomes of those that fail."""

import asyncio
import json
from collections import Counter

import httpx
import pytest
from livekit import api
from livekit.protocol import sip
from livekit.protocol.models import ParticipantInfo, Room
from livekit.protocol.webhook import WebhookEvent

from livekit_dashboard.addresses.names import encode_name, encode_pair
from livekit_dashboard.services.rooms.scan import MOST
from livekit_dashboard.services.sip.calls import FEW
from livekit_dashboard.services.webhooks.webhooks import from_proto
from livekit_dashboard.simulator import Fault, World
from livekit_dashboard.simulator.timing import Pace
from tests.dashboard import Dashboard, origin, post_form, served, settings_for, submit
from tests.html import Page
from tests.livekit_server import simulated_server
from tests.routes.conftest import Browse

NUMBER, OWN = "+15557654321", "+15550100100"
BUSY, DECLINES, AWAY, NOBODY, SILENT = (f"+1555000000{digit}" for digit in range(1, 6))
NEW = "/sip-calls/new"
FORM = {"sip_call_to": NUMBER, "room_name": "support", "via": "trunk", "sip_trunk_id": "ST_out"}


@pytest.fixture(autouse=True)
def _telephone(world: World) -> None:
    world.telephony.available = True
    world.telephony.callees |= {
        BUSY: "is busy",
        DECLINES: "declines",
        AWAY: "is away",
        NOBODY: "does not exist",
        SILENT: "does not answer",
    }
    world.sip.outbound["ST_out"] = sip.SIPOutboundTrunkInfo(
        sip_trunk_id="ST_out", name="Provider", address="sip.example.com", numbers=[OWN]
    )


def _slow(world: World) -> None:
    world.pace = Pace(dial=600, ring=600)


def _dial(world: World, number: str = NUMBER, room: str = "support", **fields: object) -> str:
    """A call that is dialing; gives the identity of its participant."""
    request = api.CreateSIPParticipantRequest(
        sip_trunk_id="ST_out",
        sip_call_to=number,
        room_name=room,
        **fields,  # type: ignore[arg-type]
    )
    return world.telephony.dial(request, world.sip.outbound["ST_out"], OWN).person.identity


def _call_path(room: str, identity: str) -> str:
    return f"/sip-calls/{encode_name(room)}/{encode_name(identity)}"


def _sent(world: World, kind: type) -> list[object]:
    return [request for _, request in world.requests if isinstance(request, kind)]


async def _follow(client: httpx.AsyncClient, answer: httpx.Response) -> Page:
    assert answer.status_code == 303, Page(answer.text).main
    return Page((await client.get(answer.headers["Location"])).text)


# -- placing ---------------------------------------------------------------------------------------------


async def test_a_call_that_is_waited_for_is_answered(client: httpx.AsyncClient, world: World) -> None:
    answer = await submit(client, NEW, NEW, **FORM)
    page = await _follow(client, answer)
    assert "answered" in page.text
    assert NUMBER not in page.main
    assert "Call to +1555••••21" in page.main
    request = _sent(world, sip.CreateSIPParticipantRequest)[0]
    assert request == sip.CreateSIPParticipantRequest(
        sip_trunk_id="ST_out",
        sip_call_to=NUMBER,
        room_name="support",
        wait_until_answered=True,
        # What the SDK puts in, so that both sides wait as long.
        ringing_timeout={"seconds": 30},
    )


async def test_a_call_that_is_not_waited_for_is_seen_dialing(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    answer = await submit(client, NEW, NEW, **FORM, wait_until_answered=None)
    page = await _follow(client, answer)
    assert "Calling +1555••••21" in page.text
    assert "Dialing" in page.main


FIELDS: dict[str, str | list[str] | None] = {
    "participant_identity": "desk",
    "participant_name": "The desk",
    "participant_metadata": "meta",
    "participant_attributes": '{"team": "a"}',
    "dtmf": "*12#ww3",
    "ringing_timeout": "20",
    "max_call_duration": "600",
    "display_name": "Acme",
    "play_dialtone": "y",
    "hide_phone_number": "y",
    "krisp_enabled": "y",
    "headers": '{"X-Team": "a"}',
    "include_headers": "1",
    "encryption": "2",
    "codecs": "PCMU/8000",
    "only_listed_codecs": "y",
    "media_timeout": "30",
    "sip_number": "+15550100101",
}


async def test_every_field_reaches_livekit(client: httpx.AsyncClient, world: World) -> None:
    await submit(client, NEW, NEW, **{**FORM, **FIELDS})
    request = _sent(world, sip.CreateSIPParticipantRequest)[0]
    assert request == sip.CreateSIPParticipantRequest(
        sip_trunk_id="ST_out",
        sip_call_to=NUMBER,
        sip_number="+15550100101",
        room_name="support",
        participant_identity="desk",
        participant_name="The desk",
        participant_metadata="meta",
        participant_attributes={"team": "a"},
        dtmf="*12#ww3",
        ringing_timeout={"seconds": 20},
        max_call_duration={"seconds": 600},
        display_name="Acme",
        play_dialtone=True,
        hide_phone_number=True,
        krisp_enabled=True,
        headers={"X-Team": "a"},
        include_headers=sip.SIP_X_HEADERS,
        wait_until_answered=True,
        media=sip.SIPMediaConfig(
            encryption=sip.SIP_MEDIA_ENCRYPT_REQUIRE,
            codecs=[sip.SIPCodec(name="PCMU", rate=8000)],
            only_listed_codecs=True,
            media_timeout={"seconds": 30},
        ),
    )


async def test_a_host_in_place_of_a_trunk(client: httpx.AsyncClient, world: World) -> None:
    host = {
        "via": "host",
        "hostname": "sip.other.example.com",
        "transport": "3",
        "auth_username": "me",
        "auth_password": "hush",
        "sip_number": OWN,
        "from_host": "from.example.com",
        "destination_country": "DE",
        "headers_to_attributes": '{"X-T": "t"}',
        "attributes_to_headers": '{"m": "X-M"}',
    }
    await submit(client, NEW, NEW, **{**FORM, **host})
    request = _sent(world, sip.CreateSIPParticipantRequest)[0]
    assert isinstance(request, sip.CreateSIPParticipantRequest)
    assert request.sip_trunk_id == ""
    assert request.trunk == sip.SIPOutboundConfig(
        hostname="sip.other.example.com",
        transport=sip.SIP_TRANSPORT_TLS,
        auth_username="me",
        auth_password="hush",
        from_host="from.example.com",
        destination_country="DE",
        headers_to_attributes={"X-T": "t"},
        attributes_to_headers={"m": "X-M"},
    )


async def test_a_host_where_no_trunk_is_stored(client: httpx.AsyncClient, world: World) -> None:
    """The choice of trunks is empty, so browsers send nothing for it."""
    world.sip.outbound.clear()
    host = {"via": "host", "hostname": "sip.other.example.com", "sip_number": OWN}
    answer = await submit(client, NEW, NEW, **{**FORM, **host, "sip_trunk_id": None})
    assert "answered" in (await _follow(client, answer)).text
    without = await submit(client, NEW, NEW, **{**FORM, "sip_trunk_id": None})
    assert without.status_code == 422


async def test_a_call_as_json_takes_what_the_form_lacks(client: httpx.AsyncClient, world: World) -> None:
    call = {"sip_call_to": NUMBER, "room_name": "support", "sip_trunk_id": "ST_out", "to_user_override": "u"}
    answer = await submit(client, f"{NEW}?as=json", f"{NEW}?as=json", json=json.dumps(call))
    assert answer.status_code == 303
    request = _sent(world, sip.CreateSIPParticipantRequest)[0]
    assert isinstance(request, sip.CreateSIPParticipantRequest)
    assert request.to_user_override == "u"
    assert not request.wait_until_answered


async def test_the_address_fills_the_form_in(client: httpx.AsyncClient, world: World) -> None:
    world.sip.outbound["ST_two"] = sip.SIPOutboundTrunkInfo(sip_trunk_id="ST_two", numbers=[OWN])
    query = {"room": "lobby", "to": NUMBER, "trunk": "ST_two"}
    fields = dict(Page((await client.get(NEW, params=query)).text).form(NEW).fields)
    assert (fields["room_name"], fields["sip_call_to"], fields["sip_trunk_id"]) == ("lobby", NUMBER, "ST_two")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (BUSY, ("The line is busy", "SIP status 486 Busy Here")),
        (DECLINES, ("The call was rejected", "SIP status 603 Decline", "pressed the button")),
        (AWAY, ("No answer", "SIP status 480")),
        (NOBODY, ("The number doesn’t exist", "SIP status 404")),
        (SILENT, ("No answer", "sip request timed out")),
    ],
)
async def test_what_became_of_a_call_is_a_sentence_with_the_sip_status(
    number: str, words: tuple[str, ...], client: httpx.AsyncClient, world: World
) -> None:
    answer = await submit(client, NEW, NEW, **{**FORM, "sip_call_to": number})
    page = Page(answer.text)
    assert answer.status_code == 409
    for text in words:
        assert text in page.main
    assert "twirp" not in page.main
    assert dict(page.form(NEW).fields)["sip_call_to"] == number
    assert not world.participants("support")


async def test_without_a_worker_it_says_what_to_check(client: httpx.AsyncClient, world: World) -> None:
    world.telephony.available = False
    answer = await submit(client, NEW, NEW, **FORM)
    page = Page(answer.text)
    assert answer.status_code == 503
    assert "No SIP worker accepted this call" in page.main
    assert "Check that livekit-sip is running" in page.main
    assert dict(page.form(NEW).fields)["sip_call_to"] == NUMBER


async def test_a_worker_without_cpu_is_no_missing_worker(client: httpx.AsyncClient, world: World) -> None:
    world.telephony.exhausted = True
    answer = await submit(client, NEW, NEW, **FORM)
    assert "Every SIP worker is at its limit" in Page(answer.text).main


async def test_a_full_room_takes_no_phone_and_its_people_are_not_denied(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("support", max_participants=1)
    world.join("support", "ada")
    answer = await submit(client, NEW, NEW, **FORM)
    main = Page(answer.text).main
    assert answer.status_code == 409
    assert "The phone can’t join the room" in main
    assert "The room may be full" in main
    assert "The phone did not join the room." in main


async def test_a_server_without_redis_says_so(client: httpx.AsyncClient, world: World) -> None:
    fields = dict(Page((await client.get(NEW)).text).form(NEW).fields)
    world.redis = False
    answer = await client.post(NEW, data=fields | FORM)
    assert answer.status_code == 501
    assert "runs without Redis" in Page(answer.text).main


async def test_an_outage_keeps_the_entries(client: httpx.AsyncClient, world: World) -> None:
    fields = dict(Page((await client.get(NEW)).text).form(NEW).fields)
    world.faults.add(Fault("refuse"))
    answer = await client.post(NEW, data=fields | FORM)
    kept = dict(Page(answer.text).form(NEW).fields)
    assert answer.status_code == 502
    assert (kept["sip_call_to"], kept["sip_trunk_id"]) == (NUMBER, "ST_out")


async def test_ringing_may_take_longer_than_other_calls(browse: Browse, world: World) -> None:
    client = await browse(livekit_timeout=0.5)
    world.faults.add(Fault("delay", match="SIP/CreateSIPParticipant", seconds=1))
    assert (await submit(client, NEW, NEW, **FORM)).status_code == 303
    assert (await submit(client, NEW, NEW, **FORM, wait_until_answered=None)).status_code == 504


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sip_call_to": ""}, "Enter the number to call"),
        ({"sip_call_to": "sip:a"}, "without sip: or tel:"),
        ({"sip_call_to": "a@b"}, "without @ and host"),
        ({"room_name": ""}, "Enter the room"),
        ({"room_name": "ä" * 129}, "allows 256 bytes"),
        ({"via": "pigeon"}, "Not a valid choice"),
        ({"via": "trunk", "sip_trunk_id": ""}, "Choose an outbound trunk"),
        ({"via": "host", "hostname": ""}, "Enter the provider’s SIP host"),
        ({"via": "host", "hostname": "sip:h", "sip_number": "1"}, "Leave out sip:"),
        ({"via": "host", "hostname": "h", "sip_number": ""}, "Enter the number to call from"),
        ({"via": "host", "hostname": "h", "sip_number": "1", "auth_username": "me"}, "both username"),
        ({"ringing_timeout": "soon"}, "whole number"),
        ({"ringing_timeout": "0"}, "from 1 to 180"),
        ({"ringing_timeout": "181"}, "from 1 to 180"),
        ({"dtmf": "call me"}, "digits, A to D, *, # and w"),
        ({"display_name": 'a"b'}, "Remove quotes"),
        ({"display_name": "ä" * 65}, "allows 128 bytes"),
        ({"headers": "X-Team: a"}, "not JSON"),
        ({"participant_attributes": '{"a": 1}'}, "in quotes"),
        ({"codecs": "a b"}, "isn’t a codec"),
        ({"participant_identity": "x" * 257}, "allows 256 bytes"),
    ],
    ids=str,
)
async def test_what_is_wrong_is_said_at_the_field_and_nobody_is_called(
    changes: dict[str, str], words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await submit(client, NEW, NEW, **{**FORM, **changes})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert "No call was placed" in page.main
    kept = dict(page.form(NEW).fields)
    for name, value in changes.items():
        assert name == "via" or kept.get(name, "") == value
    assert "SIP/CreateSIPParticipant" not in world.calls


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Enter the JSON"),
        ("{", "not JSON"),
        ('{"sip_call_two": "1"}', "no such field"),
        ("[]", "has to look like"),
        ('{"ringing_timeout": "181s"}', "180 seconds"),
        ('{"ringing_timeout": "-30s"}', "180 seconds"),
    ],
)
async def test_wrong_json_is_said_too(text: str, words: str, client: httpx.AsyncClient, world: World) -> None:
    answer = await submit(client, f"{NEW}?as=json", f"{NEW}?as=json", json=text)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    shown = text.replace('"sip_call_two": "1"', '"sip_call_two": "$SECRET"')
    assert dict(page.form(f"{NEW}?as=json").fields)["json"] == shown
    assert "SIP/CreateSIPParticipant" not in world.calls


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"headers": '{"call-id": "x"}'}, "header name call-id not supported"),
        ({"sip_trunk_id": "ST_gone"}, "No outbound trunk has the ID ST_gone"),
    ],
)
async def test_livekits_own_words_come_without_the_wires_prefix(
    changes: dict[str, str], words: str, client: httpx.AsyncClient, world: World
) -> None:
    fields = dict(Page((await client.get(NEW)).text).form(NEW).fields)
    answer = await client.post(NEW, data=fields | FORM | changes, headers={"Origin": origin(client)})
    assert answer.status_code in (404, 422)
    assert words in Page(answer.text).main
    assert "twirp" not in answer.text


# -- finding ---------------------------------------------------------------------------------------------


async def test_a_call_in_and_a_call_out(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    world.sip.inbound["ST_in"] = sip.SIPInboundTrunkInfo(sip_trunk_id="ST_in", name="Office", numbers=[OWN])
    rule = sip.SIPDispatchRule(dispatch_rule_direct=sip.SIPDispatchRuleDirect(room_name="lobby"))
    world.sip.rules["SDR_1"] = sip.SIPDispatchRuleInfo(
        sip_dispatch_rule_id="SDR_1", name="Reception", rule=rule, trunk_ids=["ST_in"]
    )
    _dial(world)
    assert world.telephony.incoming(NUMBER, OWN)
    page = Page((await client.get("/sip-calls")).text)
    for text in ("Dialing", "Ringing", "Provider", "Office", "Reception", "lobby", "support", "All calls"):
        assert text in page.main
    assert NUMBER not in page.main
    assert "+1555••••21" in page.main
    shown = Page((await client.get("/sip-calls?show=numbers")).text)
    assert NUMBER in shown.main
    assert "Inbound 1" in shown.main
    only = Page((await client.get(f"/sip-calls?show=numbers&state=inbound&q={NUMBER[2:]}")).text)
    assert "lobby" in only.main
    assert "support" not in only.main


async def test_numbers_stay_hidden_in_names_json_and_exports(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    room = f"call_{NUMBER}_x"
    identity = _dial(world, room=room, participant_name=f"Phone {NUMBER}")
    digits = NUMBER[2:]
    for path in ("/sip-calls", "/sip-calls.json", "/sip-calls.csv", _call_path(room, identity)):
        answer = await client.get(path)
        text = answer.text if "html" not in answer.headers["Content-Type"] else Page(answer.text).text
        assert digits not in text, path
        shown = await client.get(path, params={"show": "numbers"})
        assert digits in shown.text, path
    for question in (
        f"{_call_path(room, identity)}/hang-up",
        f"{_call_path(room, identity)}/transfer",
        f"/sip-calls/hang-up?call={encode_pair(room, identity)}",
    ):
        assert digits not in Page((await client.get(question)).text).main, question


async def test_an_export_has_the_whole_selection(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    _dial(world)
    rows = (await client.get("/sip-calls.json?show=numbers")).json()
    assert rows["total"] == 1
    assert rows["calls"][0]["number"] == NUMBER
    lines = (await client.get("/sip-calls.csv?q=support")).text.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("direction,status,number")


async def test_nobody_is_looked_for_in_rooms_without_anyone(client: httpx.AsyncClient, world: World) -> None:
    for number in range(30):
        world.create_room(f"room-{number}")
    page = Page((await client.get("/sip-calls")).text)
    assert "No calls in progress" in page.main
    assert "RoomService/ListParticipants" not in world.calls


async def test_a_look_is_bounded_and_says_how_far_it_went(client: httpx.AsyncClient, world: World) -> None:
    for number in range(MOST + 10):
        world.join(f"room-{number}", "ana")
    page = Page((await client.get("/sip-calls")).text)
    assert Counter(world.calls)["RoomService/ListParticipants"] == FEW
    assert f"{FEW} of {MOST + 10}" in page.main
    assert f"{FEW + 4} API calls" in page.main
    assert page.all("main")[0]["hx-get"]
    world.calls.clear()
    more = Page((await client.get("/sip-calls?look=more")).text)
    assert Counter(world.calls)["RoomService/ListParticipants"] == MOST
    assert f"{MOST} of {MOST + 10}" in more.main
    # It is looked once, not again and again.
    assert "hx-get" not in more.all("main")[0]


async def test_rooms_that_rules_name_are_looked_into_first() -> None:
    """The head count lags, so that they are looked into though LiveKit calls them empty."""
    slow = World(sip_worker=True, count_lag=600, pace=Pace(dial=600, ring=600))
    rule = sip.SIPDispatchRule(dispatch_rule_individual=sip.SIPDispatchRuleIndividual(room_prefix="call"))
    slow.sip.rules["SDR_1"] = sip.SIPDispatchRuleInfo(sip_dispatch_rule_id="SDR_1", rule=rule)
    assert slow.telephony.incoming(NUMBER, OWN)
    async with (
        simulated_server(slow) as server,
        served(settings_for(server)) as dashboard,
        dashboard.client() as client,
    ):
        assert "Ringing" in Page((await client.get("/sip-calls")).text).main


async def test_rooms_that_webhooks_told_of_are_looked_into_first(
    dashboard: Dashboard, client: httpx.AsyncClient, world: World
) -> None:
    _slow(world)
    _dial(world, room="backroom")
    for number in range(FEW + 5):
        world.join(f"room-{number}", "ana")
        world.rooms[f"room-{number}"].creation_time_ms += 10_000
    assert "backroom" not in Page((await client.get("/sip-calls")).text).main
    feed = dashboard.app.state.dashboard.webhooks.feed

    def tell(event: str, number: int) -> None:
        person = ParticipantInfo(identity="sip_x", kind=ParticipantInfo.SIP)
        told = WebhookEvent(id=f"EV_{number}", event=event, room=Room(name="backroom"), participant=person)
        feed.add(from_proto(told))

    tell("participant_joined", 1)
    assert "backroom" in Page((await client.get("/sip-calls")).text).main
    tell("participant_left", 2)
    assert "backroom" not in Page((await client.get("/sip-calls")).text).main


async def test_an_outage_is_no_empty_list(client: httpx.AsyncClient, world: World) -> None:
    world.join("support", "ana")
    world.faults.add(Fault("error", match="RoomService/ListParticipants", code="internal"))
    answer = await client.get("/sip-calls")
    assert answer.status_code == 502
    assert "No calls in progress" not in answer.text


# -- one call --------------------------------------------------------------------------------------------


async def test_a_call_goes_through_its_states(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    path = _call_path("support", _dial(world))
    call = next(iter(world.telephony.calls.values()))
    for status, word in (("dialing", "Dialing"), ("ringing", "Ringing"), ("active", "Active")):
        call.person.attributes["sip.callStatus"] = status
        assert word in Page((await client.get(path)).text).main
    world.telephony.hang_up(call.id)
    assert (await client.get(path)).status_code == 404


async def test_someone_who_is_no_phone_is_no_call(client: httpx.AsyncClient, world: World) -> None:
    world.join("support", "ana")
    answer = await client.get("/sip-calls/support/ana")
    assert answer.status_code == 404
    assert "isn’t a phone" in Page(answer.text).main


async def test_hanging_up_asks_first(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    path = _call_path("support", _dial(world))
    assert "Hang up on +1555••••21?" in Page((await client.get(f"{path}/hang-up")).text).main
    page = await _follow(client, await submit(client, f"{path}/hang-up", f"{path}/hang-up"))
    assert "Call ended" in page.text
    assert not world.telephony.calls
    again = await _follow(client, await post_form(client, f"{path}/hang-up"))
    assert "already ended" in again.text


async def test_several_are_hung_up_at_once(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    identities = [_dial(world, f"+1555111111{digit}") for digit in range(3)]
    keys = [encode_pair("support", identity) for identity in identities[:2]]
    query = "&".join(f"call={key}" for key in keys)
    page = Page((await client.get(f"/sip-calls/hang-up?{query}")).text)
    assert "Hang up 2 calls?" in page.main
    assert [value for name, value in page.form("/sip-calls/hang-up").fields if name == "call"] == keys
    # Answered calls come first; one that has ended isn't listed.
    world.participant("support", identities[1]).attributes["sip.callStatus"] = "active"
    world.participant("support", identities[0]).attributes["sip.callStatus"] = "ringing"
    gone = encode_pair("support", "sip_gone")
    page = Page((await client.get(f"/sip-calls/hang-up?{query}&call={gone}")).text)
    assert "1 is an answered call, 1 not answered yet." in page.main
    assert [value for name, value in page.form("/sip-calls/hang-up").fields if name == "call"] == keys[::-1]
    answer = await post_form(client, "/sip-calls/hang-up", {"call": [*keys, "~!/x", "nonsense"]})
    assert answer.status_code == 303
    assert [call.person.identity for call in world.telephony.calls.values()] == identities[2:]


async def test_a_call_that_could_not_be_hung_up_is_named_without_its_number(
    client: httpx.AsyncClient, world: World
) -> None:
    _slow(world)
    identity = _dial(world)
    world.faults.add(Fault("error", "RoomService/RemoveParticipant", code="internal", message="boom"))
    answer = await post_form(client, "/sip-calls/hang-up", {"call": [encode_pair("support", identity)]})
    told = await _follow(client, answer)
    assert "Hung up 0 calls, 1 failed" in told.text
    assert "sip_+1555••••21 in support: boom" in told.text


async def _answered(world: World) -> str:
    identity = _dial(world)
    await world.settled()
    assert next(iter(world.telephony.calls.values())).status == "active"
    return _call_path("support", identity)


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        ("+1 (555) 22-33", "tel:+15552233"),
        ("tel:+15552233", "tel:+15552233"),
        ("sip:desk@pbx.example.com", "sip:desk@pbx.example.com"),
    ],
)
async def test_a_transfer_ends_the_call_here(
    target: str, sent: str, client: httpx.AsyncClient, world: World
) -> None:
    path = await _answered(world)
    fields = {"transfer_to": target, "play_dialtone": "y", "headers": '{"X-A": "b"}', "ringing_timeout": "9"}
    page = await _follow(client, await submit(client, f"{path}/transfer", f"{path}/transfer", **fields))
    assert "Transferred" in page.text
    assert _sent(world, sip.TransferSIPParticipantRequest) == [
        sip.TransferSIPParticipantRequest(
            room_name="support",
            participant_identity=f"sip_{NUMBER}",
            transfer_to=sent,
            play_dialtone=True,
            headers={"X-A": "b"},
            ringing_timeout={"seconds": 9},
        )
    ]
    assert not world.telephony.calls


async def test_a_transfer_to_a_busy_line_leaves_the_call(client: httpx.AsyncClient, world: World) -> None:
    path = await _answered(world)
    answer = await submit(client, f"{path}/transfer", f"{path}/transfer", transfer_to=BUSY)
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "The line is busy" in page.main
    assert "The call was not transferred" in page.main
    assert dict(page.form(f"{path}/transfer").fields)["transfer_to"] == BUSY
    assert world.telephony.calls


async def test_only_an_answered_call_is_transferred(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    path = _call_path("support", _dial(world))
    answer = await submit(client, f"{path}/transfer", f"{path}/transfer", transfer_to=NUMBER)
    assert answer.status_code == 409
    assert "Only an answered call" in Page(answer.text).main


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"transfer_to": ""}, "Enter the number or SIP address"),
        ({"transfer_to": "desk"}, "begins with sip: or tel:"),
        ({"transfer_to": NUMBER, "headers": "{"}, "not JSON"),
        ({"transfer_to": NUMBER, "ringing_timeout": "999"}, "from 1 to 180"),
    ],
)
async def test_a_transfer_to_nowhere_is_not_sent(
    changes: dict[str, str], words: str, client: httpx.AsyncClient, world: World
) -> None:
    path = await _answered(world)
    answer = await submit(client, f"{path}/transfer", f"{path}/transfer", **changes)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    kept = dict(page.form(f"{path}/transfer").fields)
    assert {name: kept[name] for name in changes} == changes
    assert "SIP/TransferSIPParticipant" not in world.calls


async def test_who_stops_waiting_does_not_end_the_call(client: httpx.AsyncClient, world: World) -> None:
    _slow(world)
    fields = dict(Page((await client.get(NEW)).text).form(NEW).fields)
    with pytest.raises(httpx.ReadTimeout):
        await client.post(NEW, data=fields | FORM, headers={"Origin": origin(client)}, timeout=0.5)
    async with asyncio.timeout(15):
        while not world.telephony.calls:
            await asyncio.sleep(0.01)
    assert "Dialing" in Page((await client.get("/sip-calls")).text).main


# -- which object is missing -------------------------------------------------------------------------------


GONE = {
    "sip_trunk_id": "ST_gone",
    "sip_call_to": "+12135550100",
    "room_name": "r",
    "participant_identity": "sip",
}


async def test_a_call_over_a_trunk_that_is_gone_names_the_trunk(client: httpx.AsyncClient) -> None:
    answer = await submit(client, f"{NEW}?as=json", f"{NEW}?as=json", json=json.dumps(GONE))
    page = Page(answer.text)
    assert answer.status_code == 404
    assert "This outbound trunk doesn’t exist" in page.main
    assert "No outbound trunk has the ID ST_gone" in page.main
    assert "LiveKit says" not in page.main
    assert "ST_gone" in dict(page.form(f"{NEW}?as=json").fields)["json"]


async def test_a_call_over_a_trunk_without_numbers_names_the_trunk(
    client: httpx.AsyncClient, world: World
) -> None:
    world.sip.outbound["ST_out"].ClearField("numbers")
    fields = dict(Page((await client.get(NEW)).text).form(NEW).fields)
    world.faults.add(
        Fault(
            "error",
            match="SIP/CreateSIPParticipant",
            code="failed_precondition",
            message="no numbers on outbound trunk",
        )
    )
    answer = await client.post(NEW, data=fields | FORM, headers={"Origin": origin(client)})
    assert answer.status_code == 422
    assert "The outbound trunk ST_out has no numbers" in Page(answer.text).main


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sip_call_to": ""}, "The JSON lacks sip_call_to."),
        ({"room_name": ""}, "The JSON lacks room_name."),
        ({"sip_call_to": "", "sip_trunk_id": ""}, "The JSON lacks sip_call_to and sip_trunk_id."),
    ],
)
async def test_a_field_that_the_json_lacks_is_named(
    changes: dict[str, str], words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await submit(client, f"{NEW}?as=json", f"{NEW}?as=json", json=json.dumps(GONE | changes))
    assert answer.status_code == 422
    assert words in Page(answer.text).main
    assert "SIP/CreateSIPParticipant" not in world.calls


@pytest.mark.parametrize("ending", ["", "/transfer", "/hang-up"])
async def test_a_call_that_has_ended_names_phone_and_room(ending: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(_call_path("closed", "sip_x") + ending)
    assert answer.status_code == 404
    assert "There is no participant “sip_x” in room “closed”" in Page(answer.text).main


async def test_a_transfer_of_a_phone_that_has_left_names_it(client: httpx.AsyncClient, world: World) -> None:
    identity = _dial(world)
    path = f"{_call_path('support', identity)}/transfer"
    fields = dict(Page((await client.get(path)).text).form(path).fields)
    world.leave("support", identity)
    answer = await client.post(
        path, data=fields | {"transfer_to": "+493023125001"}, headers={"Origin": origin(client)}
    )
    page = Page(answer.text)
    assert answer.status_code == 404
    assert "This call has ended" in page.main
    assert "sip_+1555••••21” in room “support”" in page.main
    assert dict(page.form(path).fields)["transfer_to"] == "+493023125001"


async def test_a_transfer_of_a_participant_that_isnt_a_phone_names_it(
    client: httpx.AsyncClient, world: World
) -> None:
    world.join("support", "ana")
    path = f"{_call_path('support', 'ana')}/transfer"
    answer = await post_form(client, path, {"transfer_to": "+493023125001"})
    assert answer.status_code == 422
    assert "“ana” in room “support” isn’t a phone" in Page(answer.text).main


# -- the wire ----------------------------------------------------------------------------------------------


HEADERS = {
    "sip_request_uri": "sip:+4930@edge.example.com;transport=tls",
    "sip_to_header": "sip:+4930@to.example.com",
    "sip_from_header": "sips:desk@from.example.com",
    "to_user_override": "4930",
}


async def test_uri_and_headers_of_the_invite_reach_livekit(client: httpx.AsyncClient, world: World) -> None:
    await submit(client, NEW, NEW, **FORM, **HEADERS)
    (request,) = _sent(world, sip.CreateSIPParticipantRequest)
    assert isinstance(request, sip.CreateSIPParticipantRequest)
    assert request.sip_request_uri.raw == HEADERS["sip_request_uri"]
    assert request.sip_to_header.raw == HEADERS["sip_to_header"]
    assert request.sip_from_header.raw == HEADERS["sip_from_header"]
    assert request.to_user_override == "4930"


@pytest.mark.parametrize("name", ["sip_request_uri", "sip_to_header", "sip_from_header"])
@pytest.mark.parametrize("value", ["+4930", "tel:+4930", "sip:a b", 'sip:a"b', "sip:"])
async def test_what_is_no_sip_address_is_said_at_the_field(
    name: str, value: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await submit(client, NEW, NEW, **FORM, **{name: value})
    assert answer.status_code == 422
    assert "begins with sip: or sips:" in Page(answer.text).main
    assert "SIP/CreateSIPParticipant" not in world.calls


async def test_a_call_shows_the_sip_attributes_that_have_no_place_of_their_own(
    client: httpx.AsyncClient, world: World
) -> None:
    identity = _dial(world, participant_attributes={"sip.h.X-Ticket": "T-1", "team": "a"})
    page = Page((await client.get(_call_path("support", identity))).text)
    assert "sip.h.X-TicketT-1" in page.main
    assert "SIP attributes" in page.main
