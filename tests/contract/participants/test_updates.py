"""Updating participants, sending data, calling RPC methods."""

import asyncio
from typing import Any

import pytest
from livekit import api
from livekit.protocol import models
from livekit.protocol.room import SendDataRequest, SendDataResponse

from tests.contract.backends import Backend, eventually, failure

ATTRIBUTES_LIMIT = 65536
INVALID = (400, "invalid_argument")


async def _update(
    backend: Backend, room: str, permission: models.ParticipantPermission | None = None, **changes: Any
) -> models.ParticipantInfo:
    request = api.UpdateParticipantRequest(room=room, identity="ada", permission=permission, **changes)
    return await backend.api.room.update_participant(request)


async def test_what_is_left_empty_stays(backend: Backend, room: str) -> None:
    await backend.join(room, "ada", name="Ada", metadata="md", attributes={"role": "host"})
    updated = await _update(backend, room)
    assert (updated.name, updated.metadata, dict(updated.attributes)) == ("Ada", "md", {"role": "host"})


async def test_attributes_are_merged_and_emptied_ones_deleted(backend: Backend, room: str) -> None:
    await backend.join(room, "ada", attributes={"role": "host", "kept": "1"})
    updated = await _update(backend, room, name="A.", metadata="new", attributes={"role": "", "more": "2"})
    assert (updated.name, updated.metadata) == ("A.", "new")
    assert dict(updated.attributes) == {"kept": "1", "more": "2"}


async def test_permissions_are_replaced_whole(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    permission = models.ParticipantPermission(can_subscribe=True, can_update_metadata=True)
    assert (await _update(backend, room, permission)).permission == permission


async def test_taking_the_right_to_publish_ends_tracks(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    await backend.publish(room, "ada", "camera")
    await backend.publish(room, "ada", "microphone")
    only_audio = models.ParticipantPermission(can_publish=True, can_publish_sources=[models.MICROPHONE])
    await _update(backend, room, only_audio)
    await eventually(lambda: _publishes(backend, room, [models.MICROPHONE]))
    await _update(backend, room, models.ParticipantPermission(can_subscribe=True))
    await eventually(lambda: _publishes(backend, room, []))


async def _publishes(backend: Backend, room: str, sources: list[models.TrackSource]) -> bool:
    request = api.RoomParticipantIdentity(room=room, identity="ada")
    person = await backend.api.room.get_participant(request)
    published = [track.source for track in person.tracks]
    return published == sources and person.is_publisher == bool(sources)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"name": "é" * 129}, "name length exceeds limits 256"),
        ({"metadata": "x" * 524289}, "metadata size exceeds limits 524288"),
        ({"attributes": {"a": "x" * ATTRIBUTES_LIMIT}}, "attribute size exceeds limits 65536"),
    ],
    ids=["name", "metadata", "attributes"],
)
async def test_limits_come_before_all_else(
    backend: Backend, room: str, changes: dict[str, Any], text: str
) -> None:
    assert await failure(_update(backend, room, **changes)) == (*INVALID, text)


async def test_attributes_up_to_the_limit(backend: Backend, room: str) -> None:
    """The limit is on the request: together they may pass it."""
    await backend.join(room, "ada")
    for key in ("a", "b"):
        updated = await _update(backend, room, attributes={key: "x" * (ATTRIBUTES_LIMIT - 1)})
        assert len(updated.attributes[key]) == ATTRIBUTES_LIMIT - 1


async def test_data_for_everyone_or_for_nobody_there(backend: Backend, room: str) -> None:
    await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    send = backend.api.room.send_data
    assert await send(api.SendDataRequest(room=room, data=b"x")) == api.SendDataResponse()
    absent = api.SendDataRequest(room=room, data=b"x", destination_identities=["nobody"])
    assert await send(absent) == api.SendDataResponse()


async def test_data_for_a_missing_room(backend: Backend, room: str) -> None:
    text = "twirp error unknown: no response from servers"
    request = api.SendDataRequest(room=room, data=b"x")
    assert await failure(backend.api.room.send_data(request)) == (503, "unavailable", text)


async def test_data_with_a_nonce_of_the_wrong_size(backend: Backend, room: str) -> None:
    """Sent raw, because the SDK sets a nonce of its own."""
    request = SendDataRequest(room=room, nonce=b"12")
    text = "nonce should be 16-bytes or not present, got: 2 bytes"
    assert await failure(backend.raw("SendData", request, SendDataResponse)) == (*INVALID, text)


async def test_rpc(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    await backend.on_rpc(room, "ada", "greet", lambda payload: f"hello {payload}")
    assert await backend.perform_rpc(room, "ada", "greet", "you") == "hello you"


async def test_rpc_that_cannot_be(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    unsupported = "twirp error unknown: RpcError 1400: Method not supported at destination"
    undirected = "twirp error unknown: destination identity is required"
    assert await failure(backend.perform_rpc(room, "ada", "nothing", "")) == (*INVALID, unsupported)
    assert await failure(backend.perform_rpc(room, "", "greet", "")) == (*INVALID, undirected)


async def test_many_updates_at_once(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    keys = [f"k{index}" for index in range(20)]
    await asyncio.gather(*(_update(backend, room, attributes={key: key}) for key in keys))
    assert set((await _update(backend, room)).attributes) == set(keys)
