"""The jump box: what it finds, what it costs, and what it says where it can't look."""

from collections import Counter

import httpx
import pytest
from livekit.protocol.models import ParticipantInfo, Room
from livekit.protocol.webhook import WebhookEvent

from livekit_dashboard.routes.search import PLACES
from livekit_dashboard.services.rooms.scan import MOST
from livekit_dashboard.services.search.search import AT_FIRST
from livekit_dashboard.services.webhooks.webhooks import from_proto
from livekit_dashboard.simulator import Fault, World
from livekit_dashboard.urls import URLS
from tests.dashboard import Dashboard
from tests.html import Page
from tests.routes.conftest import Browse
from tests.routes.site import HOSTILE, INGRESS, RULE, TRUNK, fill

SOURCES = [
    "RoomService/ListRooms",
    "Egress/ListEgress",
    "Ingress/ListIngress",
    "SIP/ListSIPInboundTrunk",
    "SIP/ListSIPOutboundTrunk",
    "SIP/ListSIPDispatchRule",
]


def _hits(answer: httpx.Response) -> list[str]:
    return [link.href for link in Page(answer.text).links("jump-to")]


async def _search(client: httpx.AsyncClient, q: str, **more: str) -> httpx.Response:
    return await client.get("/search", params={"q": q, **more})


@pytest.mark.parametrize(
    ("q", "href"),
    [
        ("stand", "/rooms/standup"),
        ("STANDUP", "/rooms/standup"),
        ("blue", "/rooms/standup"),
        ("EG_failed", "/egress/EG_failed"),
        ("wall.mp4", "/egress/EG_wall"),
        ("stage cam", f"/ingress/{INGRESS}"),
        (INGRESS, f"/ingress/{INGRESS}"),
        ("office", f"/sip-inbound/{TRUNK}"),
        ("sip.example", "/sip-outbound/ST_out"),
        ("recep", f"/sip-rules/{RULE}"),
        ("place a", "/sip-calls/new"),
        ("obs", "/ingress"),
    ],
)
async def test_everything_is_found_by_name_or_id(
    q: str, href: str, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    answer = await _search(client, q)
    assert href in _hits(answer)
    assert (await client.get(href)).status_code == 200


async def test_it_costs_one_call_a_kind_however_much_there_is(
    client: httpx.AsyncClient, world: World
) -> None:
    for number in range(300):
        world.join(f"room-{number}", f"person-{number}")
    answer = await _search(client, "o")
    # And a constant number of rooms is looked into.
    assert Counter(world.calls) == Counter([*SOURCES, *["RoomService/ListParticipants"] * AT_FIRST])
    assert "Rooms 300 All" in Page(answer.text).main
    assert "/rooms?q=o" in [link.href for link in Page(answer.text).links()]


async def test_nothing_is_asked_for_nothing(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    answer = await _search(client, "  ")
    assert world.calls == []
    assert "/rooms" in _hits(answer)


async def test_the_best_match_comes_first(client: httpx.AsyncClient, world: World) -> None:
    for name in ("a-team", "steam", "team", "team-b"):
        world.create_room(name)
    assert _hits(await _search(client, "team"))[:4] == [
        "/rooms/team",
        "/rooms/team-b",
        "/rooms/a-team",
        "/rooms/steam",
    ]


@pytest.mark.parametrize("word", HOSTILE, ids=str)
async def test_a_hostile_name_is_found_and_led_to(word: str, client: httpx.AsyncClient, world: World) -> None:
    name = HOSTILE[word]
    world.join(name, "ana")
    answer = await _search(client, name)
    if not name.strip():
        return
    hits = [href for href in _hits(answer) if href.startswith("/rooms/")]
    assert len([href for href in hits if href not in ("/rooms/new",)]) == 1
    assert (await client.get(hits[0])).status_code == 200


async def test_people_are_found_where_few_rooms_are_open(client: httpx.AsyncClient, world: World) -> None:
    """Though no webhook ever told of them."""
    fill(world)
    world.join("lounge", "kwame", name="Kwame Mensah")
    page = await _search(client, "mensah")
    assert _hits(page) == ["/rooms/lounge/participants/kwame"]
    assert "checked all occupied rooms" in Page(page.text).main
    nobody = Page((await _search(client, "nobody-like-it")).text)
    assert "Nothing has “nobody-like-it” in its name or ID" in nobody.main


async def test_whose_leave_was_lost_is_not_found_where_rooms_were_looked_into(
    client: httpx.AsyncClient, dashboard: Dashboard, world: World
) -> None:
    world.join("standup", "ana")
    for room in ("standup", "empty-by-now"):
        gone = ParticipantInfo(identity="kwame")
        told = WebhookEvent(
            id=f"EV_{room}", event="participant_joined", room=Room(name=room), participant=gone
        )
        dashboard.app.state.dashboard.webhooks.feed.add(from_proto(told))
    assert _hits(await _search(client, "kwame")) == ["/rooms/empty-by-now/participants/kwame"]


async def test_more_rooms_are_looked_into_where_it_is_asked(client: httpx.AsyncClient, world: World) -> None:
    for number in range(MOST + 5):
        world.join(f"room-{number:03}", f"person-{number:03}", name=f"Person {number:03}")
    first = Page((await _search(client, "person-177")).text)
    assert "/search?q=person-177&in=people" in [link.href for link in first.links()]
    # They are there, and that nothing has the name would be wrong.
    assert "No result for “person-177”, but not everything was searched" in first.main
    assert f"checked the busiest {AT_FIRST} of {MOST + 5} occupied rooms" in first.main
    assert world.calls.count("RoomService/ListParticipants") == AT_FIRST
    world.calls.clear()
    answer = await _search(client, "PERSON 177", **{"in": "people"})
    assert _hits(answer) == ["/rooms/room-177/participants/person-177"]
    assert f"{MOST} of {MOST + 5} occupied rooms" in Page(answer.text).main
    # The rooms are asked for twice at once, which is one call.
    assert Counter(world.calls) == Counter([*SOURCES, *["RoomService/ListParticipants"] * MOST])


async def test_the_fullest_rooms_are_looked_into_first(client: httpx.AsyncClient, world: World) -> None:
    for number in range(AT_FIRST + 5):
        world.join(f"room-{number:02}", f"person-{number:02}")
    world.join("room-14", "second")
    assert _hits(await _search(client, "person-14")) == ["/rooms/room-14/participants/person-14"]


async def test_rooms_that_cannot_be_looked_into_are_not_said_to_be_without_them(
    dashboard: Dashboard, client: httpx.AsyncClient, world: World
) -> None:
    world.join("standup", "kwame")
    person = ParticipantInfo(identity="kwadwo")
    told = WebhookEvent(id="EV_1", event="participant_joined", room=Room(name="standup"), participant=person)
    dashboard.app.state.dashboard.webhooks.feed.add(from_proto(told))
    world.faults.add(Fault("error", match="RoomService/ListParticipants", code="internal"))
    answer = await _search(client, "kwa")
    assert _hits(answer) == ["/rooms/standup/participants/kwadwo"]
    assert "Not searched: Participants" in Page(answer.text).main
    assert "Nothing has" not in Page((await _search(client, "kwame")).text).main


async def test_participants_of_whom_webhooks_told_are_found_without_a_call(
    dashboard: Dashboard, client: httpx.AsyncClient, world: World
) -> None:
    feed = dashboard.app.state.dashboard.webhooks.feed

    def tell(number: int, event: str, identity: str, kind: ParticipantInfo.Kind) -> None:
        person = ParticipantInfo(identity=identity, kind=kind)
        told = WebhookEvent(id=f"EV_{number}", event=event, room=Room(name="standup"), participant=person)
        feed.add(from_proto(told))

    tell(1, "participant_joined", "ana.kovac", ParticipantInfo.STANDARD)
    tell(2, "participant_joined", "sip_+15557654321", ParticipantInfo.SIP)
    assert _hits(await _search(client, "kovac")) == ["/rooms/standup/participants/ana.kovac"]
    phone = Page((await _search(client, "sip_+1555")).text)
    assert "sip_+1555••••21" in phone.main
    assert "5557654321" not in phone.main
    # Whoever searches for a room wants the room, not everyone in it.
    assert _hits(await _search(client, "standup")) == []
    tell(3, "participant_left", "ana.kovac", ParticipantInfo.STANDARD)
    assert _hits(await _search(client, "kovac")) == []
    assert set(world.calls) == set(SOURCES)


async def test_an_outage_of_one_source_is_said_and_the_others_are_searched(
    client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    world.faults.add(Fault("error", match="Ingress/*", code="internal"))
    answer = await _search(client, "sta")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert "/rooms/standup" in _hits(answer)
    assert "Not searched: Ingress." in page.main


async def test_where_nothing_can_be_asked_nothing_is_said_not_to_be_there(
    client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    world.faults.add(Fault("refuse"))
    page = Page((await _search(client, "zzz")).text)
    assert page.main.count("LiveKit can’t be reached") == 1
    assert (
        "Not searched: Rooms, participants, egress, ingress, inbound trunks, outbound trunks, dispatch rules."
        in page.main
    )
    assert "Nothing has" not in page.main


async def test_a_server_without_redis_is_searched_for_what_it_has(
    client: httpx.AsyncClient, world: World
) -> None:
    world.redis = False
    world.create_room("standup")
    answer = await _search(client, "standup")
    assert _hits(answer) == ["/rooms/standup"]
    assert "runs without Redis" in Page(answer.text).main


async def test_without_telephony_nothing_of_it_is_asked_or_offered(browse: Browse, world: World) -> None:
    fill(world)
    client = await browse(enable_sip=False)
    answer = await _search(client, "o")
    looked = ["RoomService/ListParticipants"]
    assert Counter(world.calls) == Counter(SOURCES[:3] + looked)
    assert not [href for href in _hits(await _search(client, "")) if href.startswith("/sip")]
    assert not [href for href in _hits(answer) if href.startswith("/sip")]


async def test_read_only_offers_no_form_of_an_action(browse: Browse) -> None:
    client = await browse(read_only=True)
    hits = _hits(await _search(client, ""))
    assert not [href for href in hits if href.endswith("/new")]
    for href in hits:
        assert (await client.get(href)).status_code == 200


async def test_every_place_is_there(client: httpx.AsyncClient) -> None:
    assert {place.route for place in PLACES} <= {url.name for url in URLS}
    hits = _hits(await _search(client, ""))
    assert len(hits) == len(set(hits)) == len(PLACES)
    for href in hits:
        assert (await client.get(href)).status_code == 200


async def test_the_box_is_on_every_page_and_works_without_a_script(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/settings")).text)
    assert "/search" in [link.href for link in page.links("jump")]
    form = Page((await client.get("/search")).text).form("/search")
    assert (form.method, [name for name, _ in form.fields]) == ("get", ["q"])


async def test_as_a_dialog_it_is_the_box_alone(client: httpx.AsyncClient) -> None:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "dialog#dialog"}
    for path in ("/search", "/keys"):
        page = Page((await client.get(path, headers=headers)).text)
        assert not page.all("html")
        assert "dialog-title" in [element.attributes.get("id") for element in page.elements]
