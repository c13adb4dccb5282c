"""RoomService: rooms, participants and what can be done to them."""

import asyncio
from collections.abc import Mapping
from typing import NoReturn

from livekit.protocol import agent_dispatch, models, room

from livekit_dashboard.simulator.errors import (
    TwirpError,
    internal,
    invalid_argument,
    no_node,
    no_response,
    participant_not_found,
    room_not_found,
)
from livekit_dashboard.simulator.twirp import destination_admin, method, room_admin, video_grant
from livekit_dashboard.simulator.world import World


async def create_room(world: World, request: room.CreateRoomRequest) -> models.Room:
    """An existing room comes back unchanged, whatever is requested."""
    most = world.limits.room_name
    if len(request.name.encode()) > most:
        raise internal("invalid_argument", f"room name length exceeds limits: max length {most}")
    check_metadata(world, request)
    for dispatch in request.agents:
        check_metadata(world, dispatch)
        check_attributes(world, dispatch.attributes)
    world.left_behind.discard(request.name)
    if request.name in world.rooms:
        return world.rooms[request.name]
    if request.node_id not in ("", world.server_info.node_id) and world.redis:
        raise no_node()
    if request.room_preset:
        raise internal("invalid_argument", "unknown room configuration in create room request")
    world.dispatches.announce(request.name, request.agents)
    made = world.create_room(
        request.name,
        metadata=request.metadata,
        empty_timeout=request.empty_timeout,
        departure_timeout=request.departure_timeout,
        max_participants=request.max_participants,
    )
    if request.HasField("egress"):
        world.auto_egress.apply(request.name, request.egress)
        if request.egress.HasField("room") and not world.recorder.available:
            # The server gives up on the recording, not on the room.
            await asyncio.sleep(world.pace.no_auto_egress_worker)
    return made


async def list_rooms(world: World, request: room.ListRoomsRequest) -> room.ListRoomsResponse:
    """All rooms, or those named, the missing left out."""
    rooms = world.listed_rooms()
    if request.names:
        rooms = [found for found in rooms if found.name in request.names]
    return room.ListRoomsResponse(rooms=rooms)


async def delete_room(world: World, request: room.DeleteRoomRequest) -> room.DeleteRoomResponse:
    """Closes the room, with everyone in it."""
    if request.room not in world.rooms:
        raise room_not_found()
    if request.room in world.left_behind:
        raise no_node()
    world.delete_room(request.room)
    return room.DeleteRoomResponse()


async def update_room_metadata(world: World, request: room.UpdateRoomMetadataRequest) -> models.Room:
    """Sets the metadata, also to nothing."""
    if request.room not in world.rooms:
        raise room_not_found()
    found = world.rooms[request.room]
    found.metadata = request.metadata
    return found


async def list_participants(
    world: World, request: room.ListParticipantsRequest
) -> room.ListParticipantsResponse:
    """Everyone, the hidden included; an empty list, and no error, for a room that does not exist."""
    return room.ListParticipantsResponse(participants=world.participants(request.room))


async def get_participant(world: World, request: room.RoomParticipantIdentity) -> models.ParticipantInfo:
    """One participant."""
    return _known(world, request.room, request.identity)


async def remove_participant(
    world: World, request: room.RoomParticipantIdentity
) -> room.RemoveParticipantResponse:
    """Removes a participant, who may join again."""
    _known(world, request.room, request.identity)
    world.leave(request.room, request.identity)
    return room.RemoveParticipantResponse()


async def mute_published_track(
    world: World, request: room.MuteRoomTrackRequest
) -> room.MuteRoomTrackResponse:
    """Mutes; unmutes where the server allows it. A track that is not there gives an empty answer."""
    person = await _present(world, request.room, request.identity)
    if not request.muted and not world.remote_unmute:
        raise internal("failed_precondition", "remote unmute not enabled")
    for track in person.tracks:
        if track.sid == request.track_sid:
            track.muted = request.muted
            world.touch(request.room, person)
            return room.MuteRoomTrackResponse(track=track)
    return room.MuteRoomTrackResponse()


async def update_participant(world: World, request: room.UpdateParticipantRequest) -> models.ParticipantInfo:
    """What is empty stays as it is, an empty attribute is deleted, permissions are replaced whole."""
    person = _known(world, request.room, request.identity)
    person.name = request.name or person.name
    person.metadata = request.metadata or person.metadata
    for key, value in request.attributes.items():
        if value:
            person.attributes[key] = value
        else:
            person.attributes.pop(key, None)
    if request.HasField("permission"):
        person.permission.CopyFrom(request.permission)
        forbidden = [track for track in person.tracks if not _may_publish(person, track.source)]
        for track in forbidden:
            world.unpublish(request.room, request.identity, track.sid)
    world.touch(request.room, person)
    return person


async def update_subscriptions(
    world: World, request: room.UpdateSubscriptionsRequest
) -> room.UpdateSubscriptionsResponse:
    """Accepts tracks that do not exist; see ``World.requests`` for what was asked."""
    await _present(world, request.room, request.identity)
    return room.UpdateSubscriptionsResponse()


async def send_data(world: World, request: room.SendDataRequest) -> room.SendDataResponse:
    """Accepts destinations that are not there; see ``World.requests`` for what was sent."""
    if len(request.nonce) not in (0, 16):
        raise TwirpError(
            "invalid_argument", f"nonce should be 16-bytes or not present, got: {len(request.nonce)} bytes"
        )
    if request.room not in world.rooms:
        await _no_response(world)
    return room.SendDataResponse()


async def forward_participant(
    world: World, request: room.ForwardParticipantRequest
) -> room.ForwardParticipantResponse:
    """Not offered by a self-hosted server."""
    return await _elsewhere(world, request)


async def move_participant(
    world: World, request: room.MoveParticipantRequest
) -> room.MoveParticipantResponse:
    """Not offered by a self-hosted server."""
    return await _elsewhere(world, request)


async def perform_rpc(world: World, request: room.PerformRpcRequest) -> room.PerformRpcResponse:
    """Calls what ``World.on_rpc`` has set."""
    if not request.destination_identity:
        raise internal("invalid_argument", "destination identity is required")
    await _present(world, request.room, request.destination_identity)
    handler = world.rpc_handler(request.room, request.destination_identity, request.method)
    if handler is None:
        raise internal("invalid_argument", "RpcError 1400: Method not supported at destination")
    return room.PerformRpcResponse(payload=handler(request.payload))


def check_metadata(
    world: World,
    request: room.CreateRoomRequest
    | room.UpdateRoomMetadataRequest
    | room.UpdateParticipantRequest
    | agent_dispatch.RoomAgentDispatch,
) -> None:
    """Refuse metadata that is too long."""
    most = world.limits.metadata
    if len(request.metadata.encode()) > most:
        raise invalid_argument("metadata size exceeds limits", str(most))


def check_attributes(world: World, attributes: Mapping[str, str]) -> None:
    """Refuse attributes that are too long together; the server adds keys and values up."""
    most = world.limits.attributes
    if sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items()) > most:
        raise invalid_argument("attribute size exceeds limits", str(most))


def check_participant(world: World, request: room.UpdateParticipantRequest) -> None:
    """Refuse an update that is too long anywhere."""
    most = world.limits.participant_name
    if len(request.name.encode()) > most:
        raise invalid_argument("name length exceeds limits", str(most))
    check_metadata(world, request)
    check_attributes(world, request.attributes)


def _known(world: World, name: str, identity: str) -> models.ParticipantInfo:
    """For the methods that look the participant up before they pass the request on."""
    try:
        return world.participant(name, identity)
    except KeyError:
        raise participant_not_found() from None


async def _present(world: World, name: str, identity: str) -> models.ParticipantInfo:
    """For the methods that just call out to the participant and wait."""
    try:
        return world.participant(name, identity)
    except KeyError:
        await _no_response(world)


async def _no_response(world: World) -> NoReturn:
    await asyncio.sleep(world.no_response_after)
    raise no_response()


async def _elsewhere(
    world: World, request: room.ForwardParticipantRequest | room.MoveParticipantRequest
) -> NoReturn:
    if request.room == request.destination_room:
        raise invalid_argument("destination room cannot be the same as source room", "")
    await _present(world, request.room, request.identity)
    raise internal("unknown", "not implemented")


def _may_publish(person: models.ParticipantInfo, source: models.TrackSource) -> bool:
    allowed = person.permission.can_publish_sources
    return person.permission.can_publish and (not allowed or source in allowed)


_create, _list = video_grant("roomCreate"), video_grant("roomList")

METHODS = {
    "RoomService/CreateRoom": method(room.CreateRoomRequest, create_room, _create),
    "RoomService/ListRooms": method(room.ListRoomsRequest, list_rooms, _list),
    "RoomService/DeleteRoom": method(room.DeleteRoomRequest, delete_room, _create),
    "RoomService/UpdateRoomMetadata": method(
        room.UpdateRoomMetadataRequest, update_room_metadata, room_admin, check_metadata
    ),
    "RoomService/ListParticipants": method(room.ListParticipantsRequest, list_participants, room_admin),
    "RoomService/GetParticipant": method(room.RoomParticipantIdentity, get_participant, room_admin),
    "RoomService/RemoveParticipant": method(room.RoomParticipantIdentity, remove_participant, room_admin),
    "RoomService/MutePublishedTrack": method(room.MuteRoomTrackRequest, mute_published_track, room_admin),
    "RoomService/UpdateParticipant": method(
        room.UpdateParticipantRequest, update_participant, room_admin, check_participant
    ),
    "RoomService/UpdateSubscriptions": method(
        room.UpdateSubscriptionsRequest, update_subscriptions, room_admin
    ),
    "RoomService/SendData": method(room.SendDataRequest, send_data, room_admin),
    "RoomService/ForwardParticipant": method(
        room.ForwardParticipantRequest, forward_participant, destination_admin
    ),
    "RoomService/MoveParticipant": method(room.MoveParticipantRequest, move_participant, destination_admin),
    "RoomService/PerformRpc": method(room.PerformRpcRequest, perform_rpc, room_admin),
}
