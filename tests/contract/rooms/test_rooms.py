"""Rooms: creating, listing, deleting, metadata, limits."""

import time

import pytest
from livekit import api
from livekit.protocol import models
from livekit.protocol.agent_dispatch import RoomAgentDispatch

from tests.contract.backends import Backend, eventually, failure

NO_ROOM = (404, "not_found", "twirp error unknown: requested room does not exist")
METADATA_LIMIT = 524288
TOO_LONG = (400, "invalid_argument", f"metadata size exceeds limits {METADATA_LIMIT}")


async def _listed(backend: Backend, *names: str) -> dict[str, models.Room]:
    answer = await backend.api.room.list_rooms(api.ListRoomsRequest(names=names))
    return {room.name: room for room in answer.rooms}


async def test_a_room_with_the_servers_defaults(backend: Backend, room: str) -> None:
    before = int(time.time())
    made = await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    assert made.sid.startswith("RM_")
    assert len(made.sid) == 15
    assert (made.name, made.metadata, made.max_participants) == (room, "", 0)
    assert (made.empty_timeout, made.departure_timeout) == (300, 20)
    assert before <= made.creation_time <= time.time()
    assert made.creation_time == made.creation_time_ms // 1000
    assert made.turn_password
    assert [codec.mime for codec in made.enabled_codecs][:3] == ["audio/PCMU", "audio/PCMA", "audio/opus"]
    assert len(made.enabled_codecs) == 10
    assert not made.active_recording


async def test_a_room_with_settings(backend: Backend, room: str) -> None:
    settings = api.CreateRoomRequest(
        name=room, empty_timeout=60, departure_timeout=30, max_participants=3, metadata='{"a": 1}'
    )
    made = await backend.api.room.create_room(settings)
    assert (made.empty_timeout, made.departure_timeout) == (60, 30)
    assert (made.max_participants, made.metadata) == (3, '{"a": 1}')
    assert (await _listed(backend, room))[room] == made


async def test_an_existing_room_comes_back_unchanged(backend: Backend, room: str) -> None:
    first = await backend.api.room.create_room(api.CreateRoomRequest(name=room, metadata="first"))
    again = await backend.api.room.create_room(
        api.CreateRoomRequest(
            name=room, metadata="second", empty_timeout=9, room_preset="none", node_id="ND_x"
        )
    )
    assert again == first


async def test_an_existing_room_takes_no_agents(backend: Backend, room: str) -> None:
    rooms = backend.api.room
    await rooms.create_room(api.CreateRoomRequest(name=room))
    await rooms.create_room(api.CreateRoomRequest(name=room, agents=[RoomAgentDispatch(agent_name="notes")]))
    listed = await backend.api.agent_dispatch.list_dispatch(room)
    assert "notes" not in [dispatch.agent_name for dispatch in listed]


async def test_a_preset_that_is_not_configured(backend: Backend, room: str) -> None:
    request = api.CreateRoomRequest(name=room, room_preset="none")
    text = "twirp error unknown: unknown room configuration in create room request"
    assert await failure(backend.api.room.create_room(request)) == (400, "invalid_argument", text)
    assert await _listed(backend, room) == {}


async def test_a_node_that_does_not_exist(backend: Backend, room: str) -> None:
    request = api.CreateRoomRequest(name=room, node_id="ND_none")
    assert await failure(backend.api.room.create_room(request)) == (500, "unknown", "could not find object")
    assert await _listed(backend, room) == {}


async def test_a_room_that_no_node_has_is_listed_and_closes_only_once_it_was_opened_again(
    backend: Backend, room: str
) -> None:
    await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    await backend.leave_behind(room)
    close = api.DeleteRoomRequest(room=room)
    assert await failure(backend.api.room.delete_room(close)) == (500, "unknown", "could not find object")
    assert room in await _listed(backend, room)
    await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    await backend.api.room.delete_room(close)
    assert await _listed(backend, room) == {}


async def test_a_server_without_redis_does_not_look_at_the_node(plain_backend: Backend) -> None:
    room = plain_backend.new_room()
    made = await plain_backend.api.room.create_room(api.CreateRoomRequest(name=room, node_id="ND_none"))
    assert made.name == room


async def test_listing_leaves_out_what_is_missing(backend: Backend, room: str) -> None:
    await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    assert list(await _listed(backend, room, room, f"{room}-none")) == [room]
    assert await _listed(backend, room[:-1] + "?") == {}
    assert room in await _listed(backend)


async def test_deleting(backend: Backend, room: str) -> None:
    await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    await backend.api.room.delete_room(api.DeleteRoomRequest(room=room))
    assert await _listed(backend, room) == {}
    assert await failure(backend.api.room.delete_room(api.DeleteRoomRequest(room=room))) == NO_ROOM


async def test_deleting_a_room_removes_everyone(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    await backend.api.room.delete_room(api.DeleteRoomRequest(room=room))
    listed = await backend.api.room.list_participants(api.ListParticipantsRequest(room=room))
    assert list(listed.participants) == []


async def test_metadata(backend: Backend, room: str) -> None:
    await backend.api.room.create_room(api.CreateRoomRequest(name=room, metadata="before"))
    for metadata in ("after", ""):
        request = api.UpdateRoomMetadataRequest(room=room, metadata=metadata)
        assert (await backend.api.room.update_room_metadata(request)).metadata == metadata
        assert (await _listed(backend, room))[room].metadata == metadata


async def test_metadata_of_a_missing_room(backend: Backend, room: str) -> None:
    request = api.UpdateRoomMetadataRequest(room=room, metadata="x")
    assert await failure(backend.api.room.update_room_metadata(request)) == NO_ROOM


async def test_the_longest_metadata(backend: Backend, room: str) -> None:
    longest = "é" * (METADATA_LIMIT // 2)
    made = await backend.api.room.create_room(api.CreateRoomRequest(name=room, metadata=longest))
    assert made.metadata == longest


async def test_metadata_beyond_the_limit(backend: Backend, room: str) -> None:
    rooms, metadata = backend.api.room, "x" * (METADATA_LIMIT + 1)
    create = api.CreateRoomRequest(name=room, metadata=metadata)
    update = api.UpdateRoomMetadataRequest(room=room, metadata=metadata)
    dispatch = api.RoomAgentDispatch(agent_name="a", metadata=metadata)
    assert await failure(rooms.create_room(create)) == TOO_LONG
    assert await failure(rooms.update_room_metadata(update)) == TOO_LONG
    assert await failure(rooms.create_room(api.CreateRoomRequest(name=room, agents=[dispatch]))) == TOO_LONG


async def test_a_limit_says_which_argument_it_is_about(backend: Backend, room: str) -> None:
    with pytest.raises(api.ServerError) as caught:
        await backend.api.room.create_room(
            api.CreateRoomRequest(name=room, metadata="x" * (METADATA_LIMIT + 1))
        )
    assert caught.value.metadata == {"argument": "metadata size exceeds limits"}


async def test_counts_leave_agents_out_and_take_the_hidden_in(backend: Backend, room: str) -> None:
    """They may take seconds to be right, on the real server."""
    await backend.join(room, "ada")
    await backend.join(room, "agent", kind="agent")
    await backend.join(room, "hidden", hidden=True)
    await backend.publish(room, "ada", "microphone")

    async def right() -> bool:
        found = (await _listed(backend, room))[room]
        return (found.num_participants, found.num_publishers) == (2, 1)

    await eventually(right)
