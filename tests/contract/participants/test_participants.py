"""Participants: who is there, what they publish, and what can be done to them."""

import asyncio
import time
from typing import Any

import pytest
from livekit import api
from livekit.protocol import models

from tests.contract.backends import Backend, eventually, failure

NOBODY = (404, "not_found", "twirp error unknown: participant does not exist")
NO_ANSWER = (503, "unavailable", "twirp error unknown: no response from servers")
NO_UNMUTE = (412, "failed_precondition", "twirp error unknown: remote unmute not enabled")


async def _get(backend: Backend, room: str, identity: str = "ada") -> models.ParticipantInfo:
    request = api.RoomParticipantIdentity(room=room, identity=identity)
    return await backend.api.room.get_participant(request)


async def _mute(backend: Backend, room: str, sid: str, muted: bool = True) -> models.TrackInfo:
    request = api.MuteRoomTrackRequest(room=room, identity="ada", track_sid=sid, muted=muted)
    return (await backend.api.room.mute_published_track(request)).track


async def test_who_is_there(backend: Backend, room: str) -> None:
    before = int(time.time())
    await backend.join(room, "ada", name="Ada L.", metadata="md", attributes={"role": "host", "empty": ""})
    await backend.join(room, "agent", kind="agent")
    await backend.join(room, "ghost", hidden=True)
    answer = await backend.api.room.list_participants(api.ListParticipantsRequest(room=room))
    people = {person.identity: person for person in answer.participants}
    assert set(people) == {"ada", "agent", "ghost"}
    ada = people["ada"]
    assert ada == await _get(backend, room)
    assert (ada.name, ada.metadata, dict(ada.attributes)) == ("Ada L.", "md", {"role": "host", "empty": ""})
    assert (ada.state, ada.kind) == (models.ParticipantInfo.ACTIVE, models.ParticipantInfo.STANDARD)
    assert ada.sid.startswith("PA_")
    assert len(ada.sid) == 15
    assert before <= ada.joined_at <= time.time()
    assert ada.joined_at == ada.joined_at_ms // 1000
    assert not ada.is_publisher
    everything = models.ParticipantPermission(can_subscribe=True, can_publish=True, can_publish_data=True)
    assert ada.permission == everything
    assert people["agent"].kind == models.ParticipantInfo.AGENT
    assert people["ghost"].permission.hidden


async def test_joining_makes_the_room(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    listed = await backend.api.room.list_rooms(api.ListRoomsRequest(names=[room]))
    assert [found.empty_timeout for found in listed.rooms] == [300]


async def test_a_namesake_evicts_the_first(backend: Backend, room: str) -> None:
    await backend.join(room, "ada", name="first")
    first = await _get(backend, room)
    await backend.join(room, "ada", name="second")
    answer = await backend.api.room.list_participants(api.ListParticipantsRequest(room=room))
    assert [person.name for person in answer.participants] == ["second"]
    assert answer.participants[0].sid != first.sid


async def test_a_missing_room_is_an_empty_list(backend: Backend, room: str) -> None:
    answer = await backend.api.room.list_participants(api.ListParticipantsRequest(room=room))
    assert list(answer.participants) == []


@pytest.mark.parametrize("exists", [True, False], ids=["in a room", "in no room"])
async def test_a_missing_participant_is_not_found(backend: Backend, room: str, exists: bool) -> None:
    if exists:
        await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    request = api.RoomParticipantIdentity(room=room, identity="nobody")
    update = api.UpdateParticipantRequest(room=room, identity="nobody", name="x")
    assert await failure(backend.api.room.get_participant(request)) == NOBODY
    assert await failure(backend.api.room.remove_participant(request)) == NOBODY
    assert await failure(backend.api.room.update_participant(update)) == NOBODY


@pytest.mark.parametrize("exists", [True, False], ids=["in a room", "in no room"])
async def test_a_missing_participant_does_not_respond(backend: Backend, room: str, exists: bool) -> None:
    """These methods do not look first: they call out, and give up after 3 s."""
    rooms = backend.api.room
    if exists:
        await rooms.create_room(api.CreateRoomRequest(name=room))
    who: dict[str, Any] = {"room": room, "identity": "nobody"}
    calls = [
        rooms.mute_published_track(api.MuteRoomTrackRequest(**who, track_sid="TR_x", muted=True)),
        rooms.mute_published_track(api.MuteRoomTrackRequest(**who, track_sid="TR_x", muted=False)),
        rooms.update_subscriptions(
            api.UpdateSubscriptionsRequest(**who, track_sids=["TR_x"], subscribe=True)
        ),
        rooms.move_participant(api.MoveParticipantRequest(**who, destination_room="other")),
        rooms.forward_participant(api.ForwardParticipantRequest(**who, destination_room="other")),
        backend.perform_rpc(room, "nobody", "greet", ""),
    ]
    assert await asyncio.gather(*map(failure, calls)) == [NO_ANSWER] * len(calls)


async def test_removing(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    request = api.RoomParticipantIdentity(room=room, identity="ada")
    await backend.api.room.remove_participant(request)
    assert await failure(backend.api.room.get_participant(request)) == NOBODY
    assert await failure(backend.api.room.remove_participant(request)) == NOBODY
    await backend.join(room, "ada")
    assert (await _get(backend, room)).state == models.ParticipantInfo.ACTIVE


async def test_tracks(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    camera = await backend.publish(room, "ada", "camera")
    microphone = await backend.publish(room, "ada", "microphone")
    ada = await _get(backend, room)
    tracks = {track.sid: track for track in ada.tracks}
    assert ada.is_publisher
    assert set(tracks) == {camera, microphone}

    video = tracks[camera]
    assert camera.startswith("TR_VC")
    assert (video.type, video.source, video.name) == (models.VIDEO, models.CAMERA, "camera")
    assert (video.width, video.height, video.simulcast) == (640, 360, True)
    assert (video.mime_type, video.muted, video.stream) == ("video/VP8", False, "camera")
    assert [(layer.rid, layer.spatial_layer) for layer in video.layers] == [("q", 0), ("h", 1)]
    assert all(layer.bitrate and layer.ssrc for layer in video.layers)
    assert [codec.mime_type for codec in video.codecs] == ["video/VP8"]
    assert list(video.codecs[0].layers) == list(video.layers)

    audio = tracks[microphone]
    assert microphone.startswith("TR_AM")
    assert len(microphone) == len(camera) == 17
    assert (audio.type, audio.source, audio.name) == (models.AUDIO, models.MICROPHONE, "microphone")
    assert (audio.width, audio.height, audio.simulcast, len(audio.layers)) == (0, 0, False, 0)
    assert audio.mime_type == "audio/red"


async def test_muting(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    sid = await backend.publish(room, "ada", "microphone")
    for _ in range(2):
        muted = await _mute(backend, room, sid)
        assert (muted.sid, muted.muted) == (sid, True)
    assert [track.muted for track in (await _get(backend, room)).tracks] == [True]
    assert await failure(_mute(backend, room, sid, muted=False)) == NO_UNMUTE
    assert await failure(_mute(backend, room, "TR_none", muted=False)) == NO_UNMUTE
    assert [track.muted for track in (await _get(backend, room)).tracks] == [True]


async def test_muting_a_track_that_is_not_there_is_no_error(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    assert await _mute(backend, room, "TR_none") == models.TrackInfo()


async def test_unmuting_where_the_server_allows_it(plain_backend: Backend) -> None:
    room = plain_backend.new_room()
    await plain_backend.join(room, "ada")
    sid = await plain_backend.publish(room, "ada", "microphone")
    await _mute(plain_backend, room, sid)

    # The client confirms each change by itself, the mute perhaps after the unmute, even before that is answered.
    async def unmutes() -> bool:
        return not (await _mute(plain_backend, room, sid, muted=False)).muted

    async def unmuted() -> bool:
        return not (await _get(plain_backend, room)).tracks[0].muted

    await eventually(unmutes)
    await eventually(unmuted)


async def test_subscriptions_to_tracks_that_are_not_there(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    request = api.UpdateSubscriptionsRequest(room=room, identity="ada", track_sids=["TR_x"], subscribe=True)
    assert await backend.api.room.update_subscriptions(request) == api.UpdateSubscriptionsResponse()


async def test_moving_and_forwarding_are_not_offered(backend: Backend, room: str) -> None:
    await backend.join(room, "ada")
    who = {"room": room, "identity": "ada"}
    refused = (500, "unknown", "twirp error unknown: not implemented")
    rooms = backend.api.room
    assert (
        await failure(rooms.move_participant(api.MoveParticipantRequest(**who, destination_room="o")))
        == refused
    )
    forward = api.ForwardParticipantRequest(**who, destination_room="o")
    assert await failure(rooms.forward_participant(forward)) == refused


async def test_moving_to_the_same_room(backend: Backend, room: str) -> None:
    text = "destination room cannot be the same as source room "
    request = api.MoveParticipantRequest(room=room, identity="ada", destination_room=room)
    assert await failure(backend.api.room.move_participant(request)) == (400, "invalid_argument", text)
