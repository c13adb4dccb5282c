"""Participants of a room: who is there, with what tracks, and what can be done about it."""

from collections.abc import Awaitable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from livekit import api
from livekit.protocol import models

from livekit_dashboard.services.errors.tree import NotFound
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.stored import masked_json

from .info import SOURCES, Participant, Track, from_proto, track_from_proto

T = TypeVar("T")


@dataclass(frozen=True)
class Changes:
    """What to change of a participant. LiveKit takes an empty name, or metadata, for "unchanged"."""

    name: str
    metadata: str
    attributes: Mapping[str, str]  # Only those to set, and with an empty text those to delete.

    def __bool__(self) -> bool:
        return bool(self.name or self.metadata or self.attributes)


@dataclass(frozen=True)
class Permitted:
    """What to change of someone's permissions; `sources` is None to leave them, and empty to allow all."""

    flags: Mapping[str, bool]
    sources: Sequence[str] | None = None

    def __bool__(self) -> bool:
        return bool(self.flags) or self.sources is not None


class Participants:
    """The calls of RoomService about the participants of a room."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self, room: str) -> list[Participant]:
        """All participants of the room, hidden ones too, without lag. Empty for a room that doesn't exist."""
        request = api.ListParticipantsRequest(room=room)
        answer = await self._session.read(
            "RoomService/ListParticipants", self._session.api.room.list_participants, request
        )
        return [from_proto(room, info) for info in answer.participants]

    async def get(self, room: str, identity: str) -> Participant:
        """Raises NotFound."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        get = self._session.api.room.get_participant
        return from_proto(room, await self._session.read("RoomService/GetParticipant", get, request))

    async def get_with_json(self, room: str, identity: str) -> tuple[Participant, str]:
        """The participant, and the same as protobuf JSON for reading. Raises NotFound."""
        info = await self._info(room, identity)
        return from_proto(room, info), masked_json(info)

    async def remove(self, room: str, identity: str) -> None:
        """Disconnects the participant. Their token stays valid, so they may come back. Raises NotFound."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        await self._call("RemoveParticipant", self._session.api.room.remove_participant(request))

    async def mute(self, room: str, identity: str, track_sid: str, *, muted: bool) -> Track:
        """Mutes or unmutes one track, and returns its state after that.

        Raises RemoteUnmuteOff where the server doesn't allow to unmute others, NotFound if there is no such track.
        """
        request = api.MuteRoomTrackRequest(room=room, identity=identity, track_sid=track_sid, muted=muted)
        call = self._session.api.room.mute_published_track(request)
        with nullcontext() if muted else self._session.refusals.learn("unmute"):
            answer = await self._call("MutePublishedTrack", call)
        if not answer.track.sid:
            # The server says OK to a track that it doesn't know.
            raise NotFound("the participant has no such track any more")
        return track_from_proto(answer.track)

    async def mute_all(self, room: str, identity: str) -> int:
        """Mutes every track that is not muted yet; returns how many that were. Raises NotFound."""
        person = await self.get(room, identity)
        loud = [track for track in person.tracks if not track.muted]
        for track in loud:
            await self.mute(room, identity, track.sid, muted=True)
        return len(loud)

    async def subscribe(self, room: str, identity: str, track_sids: Sequence[str], *, on: bool) -> None:
        """Subscribes the participant to tracks of others, or ends that. Raises NotFound if it isn't there."""
        await self._info(room, identity)  # The call itself would wait three seconds to find that out.
        request = api.UpdateSubscriptionsRequest(
            room=room, identity=identity, track_sids=track_sids, subscribe=on
        )
        await self._call("UpdateSubscriptions", self._session.api.room.update_subscriptions(request))

    async def permission(self, room: str, identity: str) -> tuple[Participant, models.ParticipantPermission]:
        """The participant, and their permissions as they are stored, to be changed and written back. Raises NotFound."""
        info = await self._info(room, identity)
        return from_proto(room, info), info.permission

    async def permit(
        self, now: Participant, stored: models.ParticipantPermission, changes: Permitted
    ) -> bool:
        """Changes the permissions. The server replaces all of them, so what isn't changed is sent as it is stored.

        False if there is nothing to change. Raises NotFound.
        """
        for key, value in changes.flags.items():
            setattr(stored, key, value)
        if changes.sources is not None:
            others = [source for source in stored.can_publish_sources if source not in SOURCES]
            ticked = [source for source, word in SOURCES.items() if word in changes.sources]
            del stored.can_publish_sources[:]
            # None means all, so those that have no box here count only beside those that have.
            stored.can_publish_sources.extend(ticked + others if ticked else [])
        if changes:
            await self._update(now.room, now.identity, permission=stored)
        return bool(changes)

    async def edit(self, room: str, identity: str, changes: Changes) -> bool:
        """Changes the given parts only, so that other edits stay. False if there is nothing to change.

        Raises NotFound.
        """
        if changes:
            await self._update(room, identity, **vars(changes))
        return bool(changes)

    async def move(self, room: str, identity: str, destination: str) -> None:
        """Moves the participant to another room. Raises Unsupported on self-hosted servers."""
        request = api.MoveParticipantRequest(room=room, identity=identity, destination_room=destination)
        with self._session.refusals.learn("move"):
            await self._call("MoveParticipant", self._session.api.room.move_participant(request))

    async def forward(self, room: str, identity: str, destination: str) -> None:
        """Publishes the participant in another room too. Raises Unsupported on self-hosted servers."""
        request = api.ForwardParticipantRequest(room=room, identity=identity, destination_room=destination)
        with self._session.refusals.learn("forward"):
            await self._call("ForwardParticipant", self._session.api.room.forward_participant(request))

    async def _update(self, room: str, identity: str, **fields: Any) -> None:
        request = api.UpdateParticipantRequest(room=room, identity=identity, **fields)
        await self._call("UpdateParticipant", self._session.api.room.update_participant(request))

    async def _info(self, room: str, identity: str) -> models.ParticipantInfo:
        """One of its own, since edits change it in place; a shared answer must not be."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        return await self._call("GetParticipant", self._session.api.room.get_participant(request))

    async def _call(self, method: str, awaitable: Awaitable[T]) -> T:
        return await self._session.call(f"RoomService/{method}", awaitable)
