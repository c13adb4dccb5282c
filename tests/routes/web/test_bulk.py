"""Bulk actions: the question names who is hit, and the progress what became of each."""

import re

import httpx
import pytest
from livekit.protocol.ingress import IngressInfo, IngressState
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.simulator import World
from livekit_dashboard.simulator.faults import Fault
from tests.dashboard import csrf_token, post_form
from tests.html import Page
from tests.routes.site import fill

STREAM = {"HX-Request": "true", "Accept": "text/html, text/event-stream"}


def _rooms(world: World, count: int) -> list[str]:
    names = [f"room-{number} <b>" for number in range(count)]
    for name in names:
        world.create_room(name)
    return [encode_name(name) for name in names]


async def test_to_htmx_the_answer_is_a_progress_bar(client: httpx.AsyncClient, world: World) -> None:
    rooms = [*_rooms(world, 30), encode_name("never-was")]
    world.faults.add(Fault("delay", "RoomService/DeleteRoom", seconds=0.15))
    answer = await post_form(client, "/rooms/close", {"room": rooms}, headers=STREAM)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    messages = answer.text.strip().split("\n\n")
    assert len(messages) > 1
    assert "Close 31 rooms" in messages[0]
    assert "data-abort" in messages[0]
    assert "Closed 30 rooms, 1 failed" in messages[-1]
    assert "requested room does not exist" in messages[-1]
    assert "<b>" not in messages[-1].replace("&lt;b&gt;", "")
    assert not world.rooms


async def test_few_rooms_and_browsers_without_script_get_the_result_at_the_end(
    client: httpx.AsyncClient, world: World
) -> None:
    few = await post_form(client, "/rooms/close", {"room": _rooms(world, 3)}, headers=STREAM)
    assert few.headers["HX-Redirect"] == "/rooms"
    plain = await post_form(client, "/rooms/close", {"room": _rooms(world, 30)})
    assert plain.status_code == 303
    assert "Closed 30 rooms" in (await client.get("/rooms")).text


async def test_who_hangs_up_stops_it(client: httpx.AsyncClient, world: World) -> None:
    rooms = _rooms(world, 60)
    world.faults.add(Fault("delay", "RoomService/DeleteRoom", seconds=0.1))
    data = {"csrf_token": await csrf_token(client), "room": rooms}
    async with client.stream("POST", "/rooms/close", data=data, headers=STREAM) as answer:
        async for _ in answer.aiter_lines():
            break
    await client.get("/rooms")
    left = len(world.rooms)
    assert 0 < left < 60
    # What was under way may still arrive; nothing new begins.
    await client.get("/rooms")
    assert len(world.rooms) >= left - 10


async def test_failures_are_listed_and_the_rest_is_a_number(client: httpx.AsyncClient, world: World) -> None:
    rooms = [*_rooms(world, 9), *(encode_name(f"gone-{number}") for number in range(11))]
    answer = await post_form(client, "/rooms/close", {"room": rooms}, headers=STREAM)
    last = Page(answer.text.strip().split("\n\n")[-1].replace("data: ", "")).text
    assert "Closed 9 rooms, 11 failed" in last
    assert "and 3 more failed" in last
    plain = await post_form(client, "/rooms/close", {"room": rooms[9:]})
    assert plain.status_code == 303
    told = Page((await client.get("/rooms")).text).text
    assert "Closed 0 rooms, 11 failed" in told
    assert "; and 6 more" in told


class Question(Page):
    """The page that asks before a bulk action."""

    def __init__(self, html: str) -> None:
        super().__init__(html)
        self.items = [
            Page(item).text for item in re.findall(r"<li>(<input type=.hidden.*?)</li>", html, re.DOTALL)
        ]
        """The things that would be hit, in order, the folded ones too."""


async def test_closing_rooms_names_the_occupied_first_and_says_what_is_cut(
    client: httpx.AsyncClient, world: World
) -> None:
    names = [f"room-{number:03}" for number in range(101)]
    for name in names:
        world.create_room(name)
    for identity in ("ana", "bob", "cleo"):
        world.join("room-090", identity)
    world.publish("room-090", "ana", "camera")
    world.join("room-095", "sip_1", kind="SIP")
    world.set_recording("room-099", True)
    query = httpx.QueryParams({"room": names})
    page = Question((await client.get(f"/rooms/close?{query}")).text)
    words = (
        "3 rooms are occupied: 4 participants are disconnected immediately (1 publishing, 1 phone call),"
        " and 1 recording ends. 98 rooms are empty."
    )
    assert words in page.main
    assert page.items[:4] == [
        "room-090 3 participants, 1 publishing",
        "room-095 1 participant, 1 phone call",
        "room-099 Recording",
        "room-000 empty",
    ]
    assert "and 93 more, all empty" in page.main
    sent = [value for name, value in page.form("/rooms/close").fields if name == "room"]
    assert sorted(sent) == names


async def test_a_cut_list_says_how_many_of_the_cut_are_in_use(
    client: httpx.AsyncClient, world: World
) -> None:
    names = [f"room-{number}" for number in range(12)]
    for name in names:
        world.join(name, "ana")
    world.leave("room-3", "ana")
    page = Question((await client.get(f"/rooms/close?{httpx.QueryParams({'room': names})}")).text)
    assert "and 4 more, 3 of them occupied" in page.main
    world.join("room-3", "ana")
    page = Question((await client.get(f"/rooms/close?{httpx.QueryParams({'room': names})}")).text)
    assert "All 12 rooms are occupied" in page.main
    assert "and 4 more, all occupied" in page.main
    page = Question((await client.get(f"/rooms/close?{httpx.QueryParams({'room': names[:10]})}")).text)
    assert "more" not in page.main


async def test_who_has_just_joined_counts_though_livekits_own_count_lags(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("standup")
    await client.get("/rooms")
    world.join("standup", "ana")
    world.join("standup", "recorder", kind="EGRESS")
    page = Question((await client.get("/rooms/close?room=standup")).text)
    assert "1 room is occupied: 1 participant is disconnected immediately" in page.main


async def test_muting_and_removing_name_first_who_is_hit(client: httpx.AsyncClient, world: World) -> None:
    people = ["ana", "bob", "cleo", "dan"]
    for identity in people:
        world.join("standup", identity)
    world.publish("standup", "bob", "camera", muted=True)
    world.publish("standup", "dan", "microphone")
    world.publish("standup", "dan", "camera", muted=True)
    world.join("standup", "sip_1", kind="SIP")
    query = httpx.QueryParams({"person": [*people, "sip_1"]})
    page = Question((await client.get(f"/rooms/standup/mute?{query}")).text)
    assert (
        "1 track is muted, audio and video, of 1 participant. 4 participants have no track to mute."
        in page.main
    )
    assert page.items == [
        "dan Microphone, Camera (1 muted)",
        "ana no tracks",
        "bob Camera (muted)",
        "cleo no tracks",
        "sip_1 Phone call, no tracks",
    ]
    page = Question((await client.get(f"/rooms/standup/remove?{query}")).text)
    assert "2 participants publish 3 tracks; 1 is a phone call." in page.main
    assert [item.split()[0] for item in page.items][:2] == ["dan", "bob"]


@pytest.mark.parametrize(
    ("path", "field", "picks", "first", "words"),
    [
        (
            "/ingress/delete",
            "ingress",
            ["IN_a", "IN_stage"],
            "Stage camera",
            "1 is live: its stream ends immediately.",
        ),
        ("/sip-inbound/delete", "trunk", ["ST_a", "ST_office"], "Office", "1 is used by dispatch rules"),
        ("/sip-rules/delete", "rule", ["SDR_reception", "SDR_a"], "A", "1 applies to calls on any trunk."),
        (
            "/agents/delete",
            "dispatch",
            ["standup/AD_notes1", "standup/AD_notes"],
            "notes",
            "1 has an agent in its room",
        ),
    ],
)
async def test_what_is_in_use_comes_first_in_every_area(
    path: str, field: str, picks: list[str], first: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    world.ingresses.items["IN_a"] = IngressInfo(ingress_id="IN_a", name="A")
    world.ingresses.items["IN_stage"].state.status = IngressState.ENDPOINT_PUBLISHING
    world.sip.inbound["ST_a"] = SIPInboundTrunkInfo(sip_trunk_id="ST_a", name="A")
    world.sip.rules["SDR_a"] = SIPDispatchRuleInfo(sip_dispatch_rule_id="SDR_a", name="A")
    page = Question((await client.get(f"{path}?{httpx.QueryParams({field: picks})}")).text)
    assert words in page.main
    assert page.items[0].startswith(first)
    assert len(page.items) == 2
