"""What the simulator offers beyond the contract: its world, its call log, its switches."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from livekit import api
from livekit.protocol import egress, models

from livekit_dashboard.simulator import World
from livekit_dashboard.simulator.world import RoomFullError
from tests.livekit_server import Simulator


@pytest.fixture
async def lk(simulator: Simulator) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(simulator.url, simulator.api_key, simulator.api_secret) as lk:
        yield lk


async def test_what_happens_in_the_world_is_what_is_listed(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    world = simulator.world
    world.create_room("standup", max_participants=2)
    ada = world.join("standup", "ada")
    track = world.publish("standup", "ada", "screen_share", layers=1)
    track.muted = True
    world.set_recording("standup", True)
    (room,) = (await lk.room.list_rooms(api.ListRoomsRequest())).rooms
    assert (room.num_participants, room.num_publishers, room.active_recording) == (1, 1, True)
    listed = await lk.room.list_participants(api.ListParticipantsRequest(room="standup"))
    assert list(listed.participants) == [ada]
    assert [(track.muted, track.simulcast) for track in ada.tracks] == [(True, False)]
    world.unpublish("standup", "ada", track.sid)
    assert not ada.is_publisher
    world.leave("standup", "ada")
    (room,) = (await lk.room.list_rooms(api.ListRoomsRequest())).rooms
    assert (room.num_participants, room.num_publishers) == (0, 0)


async def test_calls_and_requests_are_kept(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    await lk.room.create_room(api.CreateRoomRequest(name="a"))
    await lk.room.send_data(api.SendDataRequest(room="a", data=b"hello"))
    async with aiohttp.ClientSession() as http:
        await http.post(f"{simulator.url}/twirp/livekit.RoomService/ListRooms", json={})
    assert simulator.world.calls == [
        "RoomService/CreateRoom",
        "RoomService/SendData",
        "RoomService/ListRooms",
    ]
    assert [name for name, _ in simulator.world.requests] == simulator.world.calls[:2]
    sent = simulator.world.requests[1][1]
    assert isinstance(sent, api.SendDataRequest)
    assert sent.data == b"hello"


async def test_egress_by_id_room_and_state(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    active, complete = egress.EgressStatus.EGRESS_ACTIVE, egress.EgressStatus.EGRESS_COMPLETE
    one = simulator.world.add_egress(egress.EgressInfo(room_name="a", status=active))
    two = simulator.world.add_egress(egress.EgressInfo(room_name="a", status=complete))
    three = simulator.world.add_egress(egress.EgressInfo(room_name="b", status=active))

    async def ids(request: api.ListEgressRequest) -> set[str]:
        return {info.egress_id for info in (await lk.egress.list_egress(request)).items}

    assert await ids(api.ListEgressRequest(egress_id=two.egress_id)) == {two.egress_id}
    assert await ids(api.ListEgressRequest(room_name="a")) == {one.egress_id, two.egress_id}
    assert await ids(api.ListEgressRequest(active=True)) == {one.egress_id, three.egress_id}


async def test_a_server_that_is_not_ready(simulator: Simulator) -> None:
    simulator.world.ready = False
    async with aiohttp.ClientSession() as http, http.get(simulator.url) as answer:
        assert answer.status == 406
        assert (await answer.text()).startswith("Not Ready")


def test_counts_may_lag() -> None:
    world = World(count_lag=60)
    world.join("a", "ada")
    (room,) = world.listed_rooms()
    assert room.num_participants == 0
    assert len(world.participants("a")) == 1


def test_a_full_room_takes_agents_only() -> None:
    world = World()
    world.create_room("a", max_participants=1)
    world.join("a", "ada")
    with pytest.raises(RoomFullError):
        world.join("a", "bob")
    world.join("a", "agent", kind="AGENT")
    world.join("a", "ada", name="again")
    assert {person.identity for person in world.participants("a")} == {"ada", "agent"}


@pytest.mark.parametrize("identity", ["", "é" * 129])
def test_identities_that_the_server_refuses(identity: str) -> None:
    with pytest.raises(ValueError, match="1 to 256 bytes"):
        World().join("a", identity)


def test_who_leaves_takes_their_rpc_methods_along() -> None:
    world = World()
    world.join("a", "ada")
    world.on_rpc("a", "ada", "greet", str.upper)
    world.leave("a", "ada")
    assert world.rpc_handler("a", "ada", "greet") is None


def test_recorders_count_as_recording_not_as_participants() -> None:
    world = World()
    permission = models.ParticipantPermission(hidden=True, recorder=True, can_subscribe=True)
    world.join("a", "recorder", permission=permission)
    (room,) = world.listed_rooms()
    assert (room.num_participants, room.active_recording) == (0, True)
