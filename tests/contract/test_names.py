"""Names: a room may be called anything, up to 256 bytes."""

import pytest
from livekit import api

from tests.contract.backends import Backend, failure

ODD = {
    "path and markup": "a/b <script>alert(1)</script>",
    "dots": "..",
    "empty": "",
    "newline": "a\nb",
    "NUL": "a\0b",
    "emoji": "🦊 room",
    "right to left": "\u202egnirts \u05d0",
    "percent": "%2e%2e/%00",
    "spaces": " a ",
    "as long as may be": "x" * 256,
    "as long as may be in bytes": "é" * 128,
}
TOO_LONG = {"ascii": "x" * 257, "two bytes a letter": "é" * 129}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
async def test_odd_names(backend: Backend, name: str) -> None:
    rooms = backend.api.room
    made = await rooms.create_room(api.CreateRoomRequest(name=name))
    assert made.name == name
    listed = await rooms.list_rooms(api.ListRoomsRequest(names=[name]))
    assert [room.name for room in listed.rooms] == [name]
    await rooms.update_room_metadata(api.UpdateRoomMetadataRequest(room=name, metadata="odd"))
    everyone = await rooms.list_participants(api.ListParticipantsRequest(room=name))
    assert list(everyone.participants) == []
    await rooms.delete_room(api.DeleteRoomRequest(room=name))


@pytest.mark.parametrize("name", TOO_LONG.values(), ids=TOO_LONG.keys())
async def test_names_that_are_too_long(backend: Backend, name: str) -> None:
    text = "twirp error unknown: room name length exceeds limits: max length 256"
    request = api.CreateRoomRequest(name=name)
    assert await failure(backend.api.room.create_room(request)) == (400, "invalid_argument", text)


@pytest.mark.parametrize("name", TOO_LONG.values(), ids=TOO_LONG.keys())
async def test_asking_for_names_that_are_too_long_is_no_error(backend: Backend, name: str) -> None:
    assert list((await backend.api.room.list_rooms(api.ListRoomsRequest(names=[name]))).rooms) == []
    status, code, _ = await failure(backend.api.room.delete_room(api.DeleteRoomRequest(room=name)))
    assert (status, code) == (404, "not_found")


@pytest.mark.parametrize("identity", ["a/b <script>", "..", "a\nb", "🦊", "\u202ex", "é" * 128])
async def test_odd_identities(backend: Backend, room: str, identity: str) -> None:
    await backend.join(room, identity, name=identity)
    request = api.RoomParticipantIdentity(room=room, identity=identity)
    found = await backend.api.room.get_participant(request)
    assert (found.identity, found.name) == (identity, identity)
    await backend.api.room.remove_participant(request)
