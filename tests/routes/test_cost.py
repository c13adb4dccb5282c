"""What each request costs the LiveKit server, and what an unchanged poll costs."""

from collections import Counter

import httpx
import pytest

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.addresses.paths import Url
from livekit_dashboard.security.csrf import EXEMPT
from livekit_dashboard.simulator import World
from livekit_dashboard.urls import URLS
from tests.dashboard import post_form
from tests.html import Page
from tests.routes.site import FIELDS, GETS, POSTS, address, fill, sid

AGENTS = ["RoomService/ListRooms", "AgentDispatchService/ListDispatch", "RoomService/ListParticipants"]
TELEPHONY = ["SIP/ListSIPInboundTrunk", "SIP/ListSIPOutboundTrunk", "SIP/ListSIPDispatchRule"]
CALLS = {
    "GET overview": ["RoomService/ListRooms", "Egress/ListEgress"],
    "GET rooms": ["RoomService/ListRooms"],
    "POST rooms": ["RoomService/ListRooms", "RoomService/CreateRoom"],
    "GET rooms_json": ["RoomService/ListRooms"],
    "GET rooms_csv": ["RoomService/ListRooms"],
    "GET room_new": [],
    "GET rooms_close": ["RoomService/ListRooms", "RoomService/ListParticipants"],
    "POST rooms_close": ["RoomService/DeleteRoom"],
    "GET room": ["RoomService/ListRooms", "RoomService/ListParticipants"],
    "GET room_timeline": ["RoomService/ListRooms", "RoomService/ListParticipants"],
    "GET room_json": ["RoomService/ListRooms"],
    "GET room_metadata": ["RoomService/ListRooms"],
    "POST room_metadata": ["RoomService/ListRooms", "RoomService/UpdateRoomMetadata"],
    "GET room_close": ["RoomService/ListParticipants", "RoomService/ListRooms"],
    "POST room_close": ["RoomService/DeleteRoom"],
    "GET people_json": ["RoomService/ListParticipants"],
    "GET people_csv": ["RoomService/ListParticipants"],
    # None is selected.
    "GET people_mute": [],
    "POST people_mute": ["RoomService/GetParticipant", "RoomService/MutePublishedTrack"],
    "GET people_remove": [],
    "POST people_remove": ["RoomService/RemoveParticipant"],
    "GET participant": ["RoomService/GetParticipant"],
    "GET participant_json": ["RoomService/GetParticipant"],
    "POST participant_mute": ["RoomService/MutePublishedTrack"],
    "POST participant_mute_all": ["RoomService/GetParticipant", "RoomService/MutePublishedTrack"],
    "GET participant_remove": [],
    "POST participant_remove": ["RoomService/RemoveParticipant"],
    # The server replaces permissions whole, so they are read first.
    "POST participant_permissions": ["RoomService/GetParticipant", "RoomService/UpdateParticipant"],
    "GET participant_subscriptions": ["RoomService/ListParticipants"],
    # Asked whether they are there first: the other call would wait three seconds to find out.
    "POST participant_subscriptions": ["RoomService/GetParticipant", "RoomService/UpdateSubscriptions"],
    "GET participant_edit": ["RoomService/GetParticipant"],
    # Read first, for the attributes that are to be deleted.
    "POST participant_edit": ["RoomService/GetParticipant", "RoomService/UpdateParticipant"],
    "GET sip_trunks": [*TELEPHONY, "RoomService/ListRooms", "RoomService/ListParticipants"],
    "POST sip_trunks": ["SIP/CreateSIPInboundTrunk"],
    "GET sip_trunks_json": TELEPHONY,
    "GET sip_trunks_csv": TELEPHONY,
    "GET sip_trunk_new": [],
    # What is typed is checked against what is stored.
    "POST sip_trunk_check": TELEPHONY,
    "GET sip_trunks_delete": TELEPHONY,
    "POST sip_trunks_delete": ["SIP/DeleteSIPTrunk"],
    "GET sip_trunk": TELEPHONY,
    "GET sip_trunk_edit": ["SIP/ListSIPInboundTrunk"],
    "POST sip_trunk_edit": ["SIP/ListSIPInboundTrunk", "SIP/UpdateSIPInboundTrunk"],
    "GET sip_trunk_delete": TELEPHONY,
    "POST sip_trunk_delete": ["SIP/DeleteSIPTrunk"],
    "GET sip_rules": TELEPHONY,
    # The trunks are what the form offers.
    "POST sip_rules": ["SIP/ListSIPInboundTrunk", "SIP/CreateSIPDispatchRule"],
    "GET sip_rules_json": TELEPHONY,
    "GET sip_rules_csv": TELEPHONY,
    "GET sip_rule_new": ["SIP/ListSIPInboundTrunk"],
    "POST sip_rule_check": TELEPHONY,
    "GET sip_rules_delete": TELEPHONY,
    "POST sip_rules_delete": ["SIP/DeleteSIPDispatchRule"],
    "GET sip_rule": TELEPHONY,
    "GET sip_rule_edit": ["SIP/ListSIPInboundTrunk", "SIP/ListSIPDispatchRule"],
    "POST sip_rule_edit": [
        "SIP/ListSIPInboundTrunk",
        "SIP/ListSIPDispatchRule",
        "SIP/UpdateSIPDispatchRule",
    ],
    "GET sip_rule_delete": TELEPHONY,
    "POST sip_rule_delete": ["SIP/DeleteSIPDispatchRule"],
    "GET sip_match": [],
    # A call for each room that may have a phone in it: here it is one.
    "GET sip_calls": [*TELEPHONY, "RoomService/ListRooms", "RoomService/ListParticipants"],
    "GET sip_calls_json": [*TELEPHONY, "RoomService/ListRooms", "RoomService/ListParticipants"],
    "GET sip_calls_csv": [*TELEPHONY, "RoomService/ListRooms", "RoomService/ListParticipants"],
    "GET sip_call_new": ["SIP/ListSIPOutboundTrunk"],
    "POST sip_call_new": ["SIP/ListSIPOutboundTrunk", "SIP/CreateSIPParticipant"],
    "GET sip_calls_hang_up": [],
    "POST sip_calls_hang_up": ["RoomService/RemoveParticipant"],
    "GET sip_call": [*TELEPHONY, "RoomService/GetParticipant"],
    "GET sip_call_transfer": [*TELEPHONY, "RoomService/GetParticipant"],
    "POST sip_call_transfer": ["SIP/TransferSIPParticipant"],
    "GET sip_call_hang_up": [*TELEPHONY, "RoomService/GetParticipant"],
    "POST sip_call_hang_up": ["RoomService/RemoveParticipant"],
    "GET egresses": ["Egress/ListEgress"],
    "GET egresses_json": ["Egress/ListEgress"],
    "GET egresses_csv": ["Egress/ListEgress"],
    # Who is in the room, for the form to offer.
    "GET egress_new": ["RoomService/ListRooms", "RoomService/ListParticipants"],
    "POST egress_new": ["Egress/StartRoomCompositeEgress"],
    "POST egress_preview": [],
    # None is selected.
    "GET egresses_stop": [],
    "POST egresses_stop": ["Egress/StopEgress"],
    "GET egress": ["Egress/ListEgress"],
    "GET egress_json": ["Egress/ListEgress"],
    "GET egress_layout": ["Egress/ListEgress"],
    "POST egress_layout": ["Egress/UpdateLayout"],
    "GET egress_streams": ["Egress/ListEgress"],
    "POST egress_streams": ["Egress/UpdateStream"],
    # Is there such a stream? LiveKit would only say that it is not found.
    "POST egress_end_stream": ["Egress/ListEgress", "Egress/UpdateStream"],
    "GET egress_stop": ["Egress/ListEgress"],
    "POST egress_stop": ["Egress/StopEgress"],
    "GET agents": ["RoomService/ListRooms"],
    "POST agents": ["AgentDispatchService/CreateDispatch"],
    # The room comes first: LiveKit takes three seconds to miss one that isn't open.
    "GET agents_json": AGENTS,
    "GET agents_csv": AGENTS,
    # Of two rooms: the only page that costs calls by the room, which it says.
    "GET agents_everywhere": AGENTS + AGENTS[1:],
    "GET dispatch_new": [],
    # None is selected.
    "GET dispatches_delete": [],
    "POST dispatches_delete": ["AgentDispatchService/DeleteDispatch"],
    "GET room_agents": AGENTS,
    "GET dispatch": AGENTS,
    "GET ingresses": ["Ingress/ListIngress"],
    "POST ingresses": ["Ingress/CreateIngress"],
    "GET ingresses_json": ["Ingress/ListIngress"],
    "GET ingresses_csv": ["Ingress/ListIngress"],
    "GET ingress_new": [],
    # None is selected.
    "GET ingresses_delete": [],
    "POST ingresses_delete": ["Ingress/DeleteIngress"],
    "GET ingress": ["Ingress/ListIngress"],
    "GET ingress_edit": ["Ingress/ListIngress"],
    # Read first, so that nothing is sent but what was changed.
    "POST ingress_edit": ["Ingress/ListIngress", "Ingress/UpdateIngress"],
    "POST ingress_enable": ["Ingress/UpdateIngress"],
    "GET ingress_disable": ["Ingress/ListIngress"],
    "POST ingress_disable": ["Ingress/UpdateIngress"],
    "GET ingress_delete": ["Ingress/ListIngress"],
    "POST ingress_delete": ["Ingress/DeleteIngress"],
    # Who is there, to choose from; and LiveKit would take three seconds to miss the room.
    "GET room_data": ["RoomService/ListRooms", "RoomService/ListParticipants"],
    "POST room_data": ["RoomService/ListRooms", "RoomService/ListParticipants", "RoomService/SendData"],
    "GET participant_rpc": [],
    # Asked whether they are there first, for the same reason.
    "POST participant_rpc": ["RoomService/GetParticipant", "RoomService/PerformRpc"],
    "GET participant_move": [],
    "POST participant_move": ["RoomService/MoveParticipant"],
    "GET participant_forward": [],
    "POST participant_forward": ["RoomService/ForwardParticipant"],
    "GET sandbox": [],
    "POST sandbox": [],
    "GET sandbox_decode": [],
    "POST sandbox_decode": [],
    "GET webhooks": [],
    "GET webhook_samples": [],
    "POST webhook_samples": [],
    "POST webhook_send": [],
    "GET webhook_verify": [],
    "POST webhook_verify": [],
    "GET webhook_setup": [],
    "GET webhook_event": [],
    # Nothing is asked for.
    "GET arrived": [],
    "GET search": [],
    "GET keys": [],
    "GET settings": [],
    "GET login": [],
    "GET logout": [],
    "POST theme": [],
    "GET health": [],
}


def _id(url: Url) -> str:
    return f"{url.method} {url.name}"


def test_the_table_has_every_address() -> None:
    assert CALLS.keys() == {_id(url) for url in URLS if url.method != "WS" and url.name not in EXEMPT}


@pytest.mark.parametrize("url", GETS, ids=_id)
async def test_a_page_makes_the_calls_it_needs(url: Url, client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    answer = await client.get(address(url), params={"room": "standup"})
    assert answer.status_code in (200, 303, 401)
    assert Counter(world.calls) == Counter(CALLS[_id(url)])


@pytest.mark.parametrize("url", POSTS, ids=_id)
async def test_an_action_makes_the_calls_it_needs(url: Url, client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    world.create_room("other")
    data = {
        "name": "Ana B.",
        "room": "other",
        "identity": "ana",
        "track_sid": sid(world),
        "metadata": "text",
        "token": "none",
        **FIELDS,
    }
    answer = await post_form(client, address(url), data)
    # 404 is for the layout of a recording that is in no room, 501 for what servers of your own don't do.
    assert answer.status_code in (200, 303, 404, 422, 501)
    assert Counter(world.calls) == Counter(CALLS[_id(url)])


@pytest.mark.parametrize("count", [0, 3, 300])
@pytest.mark.parametrize("query", ["", "?q=1&state=empty&sort=-created&page=2&per_page=25", "?partial=1"])
async def test_the_list_costs_one_call_however_long_it_is(
    count: int, query: str, client: httpx.AsyncClient, world: World
) -> None:
    for number in range(count):
        world.create_room(f"room-{number}")
    await client.get(f"/rooms{query}")
    assert world.calls == ["RoomService/ListRooms"]


async def test_closing_many_costs_one_call_each(client: httpx.AsyncClient, world: World) -> None:
    names = [f"room {number}" for number in range(30)]
    for name in names:
        world.create_room(name)
    await post_form(client, "/rooms/close", {"room": [encode_name(name) for name in names]})
    assert world.calls == ["RoomService/DeleteRoom"] * 30
    assert not world.rooms


POLLED = [
    "/rooms",
    "/rooms?q=stand&sort=name",
    "/rooms/standup",
    "/rooms/standup/json",
    "/rooms/standup/participants/ana",
]


@pytest.mark.parametrize("path", POLLED)
async def test_a_poll_brings_the_main_part_alone(path: str, client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    whole = Page((await client.get(path)).text)
    answer = await client.get(_poll(path))
    assert answer.status_code == 200
    assert answer.headers["HX-PTag"]
    assert not Page(answer.text).all("html")
    assert Page(answer.text).text == whole.main


@pytest.mark.parametrize("path", POLLED)
@pytest.mark.parametrize("header", ["HX-PTag", "If-None-Match"])
async def test_a_poll_for_what_has_not_changed_is_a_304(
    path: str, header: str, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    first = await client.get(_poll(path))
    tag = first.headers["HX-PTag"] if header == "HX-PTag" else first.headers["ETag"]
    again = await client.get(_poll(path), headers={header: tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-LiveKit-Latency"]


@pytest.mark.parametrize("path", POLLED)
async def test_the_page_holds_the_tag_that_its_first_poll_sends(
    path: str, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    page = Page((await client.get(path)).text)
    main = next(element for element in page.all("main"))
    answer = await client.get(main["hx-get"], headers={"HX-PTag": main["hx-ptag"]})
    assert answer.status_code == 304


@pytest.mark.parametrize("path", POLLED)
async def test_a_change_is_seen_by_the_next_poll(path: str, client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    tag = (await client.get(_poll(path))).headers["HX-PTag"]
    world.rooms["standup"].metadata = "changed"
    world.participant("standup", "ana").name = "changed"
    answer = await client.get(_poll(path), headers={"HX-PTag": tag})
    assert answer.status_code == 200
    assert answer.headers["HX-PTag"] != tag
    assert "changed" in answer.text


async def test_a_whole_page_is_never_a_304(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    tag = (await client.get("/rooms")).headers["ETag"]
    assert (await client.get("/rooms", headers={"If-None-Match": tag})).status_code == 200


def _poll(path: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}partial=1"
