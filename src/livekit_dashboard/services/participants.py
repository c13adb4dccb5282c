"""Participants of a room: who is there, with what tracks, and what can be done about it."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from livekit import api
from livekit.protocol import models

from .codecs import codec_name
from .errors import NotFound
from .participant_details import Details, details, features
from .stored import masked_json

if TYPE_CHECKING:
    from .livekit import LiveKit

T = TypeVar("T")

# Bytes; the server's own limits.
MAX_IDENTITY = 256
MAX_ATTRIBUTES = 64 * 1024

SOURCES = {
    models.TrackSource.MICROPHONE: "microphone",
    models.TrackSource.CAMERA: "camera",
    models.TrackSource.SCREEN_SHARE: "screen share",
    models.TrackSource.SCREEN_SHARE_AUDIO: "screen share audio",
}
ORDER = {source: place for place, source in enumerate(SOURCES.values())}
# The permissions that the form offers, in its order, with the words of LiveKit's own documentation.
PERMISSIONS = (
    ("can_publish", "Publish"),
    ("can_subscribe", "Subscribe"),
    ("can_publish_data", "Send data"),
    ("can_update_metadata", "Edit own metadata"),
    ("hidden", "Be hidden"),
    ("can_subscribe_metrics", "Subscribe to metrics"),
    ("can_manage_agent_session", "Manage agent session"),
)
UNCOUNTED_KINDS = (models.ParticipantInfo.AGENT, models.ParticipantInfo.EGRESS)


@dataclass(frozen=True)
class Layer:
    """One simulcast or SVC layer as the publisher declares it; its bitrate is a target, never a measurement."""

    quality: str
    width: int
    height: int
    target_bps: int


@dataclass(frozen=True)
class Track:
    """A published track. Width and height are 0 for audio and for video that has not said yet."""

    sid: str
    kind: str
    source: str
    name: str
    muted: bool
    codec: str
    width: int
    height: int
    simulcast: bool
    layers: tuple[Layer, ...]
    stereo: bool
    encrypted: bool
    features: tuple[str, ...]

    @property
    def label(self) -> str:
        return (self.source or self.name or f"{self.kind} track").capitalize()

    @property
    def size(self) -> str:
        return f"{self.width}×{self.height}" if self.width and self.height else ""


@dataclass(frozen=True)
class Participant:
    """Someone, or something, in a room."""

    room: str
    identity: str
    name: str
    sid: str
    kind: str
    state: str
    joined: datetime | None
    tracks: tuple[Track, ...]
    permissions: Mapping[str, bool]
    sources: tuple[str, ...]  # What it may publish; empty means anything, where it may publish at all.
    metadata: str
    attributes: Mapping[str, str]
    region: str
    details: Details
    counted: bool  # Whether it is one of the room's `num_participants` and takes a place: agents and recorders don't.

    @property
    def label(self) -> str:
        return self.name or self.identity or "(no identity)"

    @property
    def may(self) -> str:
        """The permissions in a few words."""
        words = {"can_publish": "publish", "can_subscribe": "subscribe", "can_publish_data": "data"}
        words |= {"can_update_metadata": "metadata", "hidden": "hidden"}
        return ", ".join(word for key, word in words.items() if self.permissions[key]) or "nothing"

    @property
    def publishing(self) -> bool:
        return bool(self.tracks)


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

    def __init__(self, livekit: "LiveKit") -> None:
        self._livekit = livekit

    async def list(self, room: str) -> list[Participant]:
        """All participants of the room, hidden ones too, without lag. Empty for a room that doesn't exist."""
        request = api.ListParticipantsRequest(room=room)
        answer = await self._livekit.read(
            "RoomService/ListParticipants", self._livekit.api.room.list_participants, request
        )
        return [from_proto(room, info) for info in answer.participants]

    async def get(self, room: str, identity: str) -> Participant:
        """Raises NotFound."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        get = self._livekit.api.room.get_participant
        return from_proto(room, await self._livekit.read("RoomService/GetParticipant", get, request))

    async def get_with_json(self, room: str, identity: str) -> tuple[Participant, str]:
        """The participant, and the same as protobuf JSON for reading. Raises NotFound."""
        info = await self._info(room, identity)
        return from_proto(room, info), masked_json(info)

    async def remove(self, room: str, identity: str) -> None:
        """Disconnects the participant. Their token stays valid, so they may come back. Raises NotFound."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        await self._call("RemoveParticipant", self._livekit.api.room.remove_participant(request))

    async def mute(self, room: str, identity: str, track_sid: str, *, muted: bool) -> Track:
        """Mutes or unmutes one track, and returns its state after that.

        Raises RemoteUnmuteOff where the server doesn't allow to unmute others, NotFound if there is no such track.
        """
        request = api.MuteRoomTrackRequest(room=room, identity=identity, track_sid=track_sid, muted=muted)
        call = self._livekit.api.room.mute_published_track(request)
        with nullcontext() if muted else self._livekit.refusals.learn("unmute"):
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
        await self._call("UpdateSubscriptions", self._livekit.api.room.update_subscriptions(request))

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
        with self._livekit.refusals.learn("move"):
            await self._call("MoveParticipant", self._livekit.api.room.move_participant(request))

    async def forward(self, room: str, identity: str, destination: str) -> None:
        """Publishes the participant in another room too. Raises Unsupported on self-hosted servers."""
        request = api.ForwardParticipantRequest(room=room, identity=identity, destination_room=destination)
        with self._livekit.refusals.learn("forward"):
            await self._call("ForwardParticipant", self._livekit.api.room.forward_participant(request))

    async def _update(self, room: str, identity: str, **fields: Any) -> None:
        request = api.UpdateParticipantRequest(room=room, identity=identity, **fields)
        await self._call("UpdateParticipant", self._livekit.api.room.update_participant(request))

    async def _info(self, room: str, identity: str) -> models.ParticipantInfo:
        """One of its own, since edits change it in place; a shared answer must not be."""
        request = api.RoomParticipantIdentity(room=room, identity=identity)
        return await self._call("GetParticipant", self._livekit.api.room.get_participant(request))

    async def _call(self, method: str, awaitable: Awaitable[T]) -> T:
        return await self._livekit.call(f"RoomService/{method}", awaitable)


def headcount(people: Iterable[Participant]) -> int:
    """What LiveKit will say of the room once its own count, which lags by seconds, has caught up."""
    return sum(person.counted for person in people)


def from_proto(room: str, info: models.ParticipantInfo) -> Participant:
    """Turns the wire's message into what templates see."""
    joined = info.joined_at_ms / 1000 or info.joined_at
    return Participant(
        room=room,
        identity=info.identity,
        name=info.name,
        sid=info.sid,
        kind=enum_name(models.ParticipantInfo.Kind, info.kind),
        state=enum_name(models.ParticipantInfo.State, info.state),
        joined=datetime.fromtimestamp(joined, UTC) if joined else None,
        # The server keeps them in a map, so each answer has another order.
        tracks=tuple(
            sorted(
                map(track_from_proto, info.tracks), key=lambda track: (ORDER.get(track.source, 9), track.sid)
            )
        ),
        permissions={key: getattr(info.permission, key) for key, _ in PERMISSIONS},
        sources=tuple(SOURCES.get(source, "unknown") for source in info.permission.can_publish_sources),
        metadata=info.metadata,
        attributes=dict(sorted(info.attributes.items())),
        region=info.region,
        details=details(info),
        counted=not (info.kind in UNCOUNTED_KINDS or info.permission.agent or info.permission.recorder),
    )


def track_from_proto(track: models.TrackInfo) -> Track:
    """Turns the wire's message into what templates see."""
    layers = track.layers or [layer for codec in track.codecs for layer in codec.layers]
    return Track(
        sid=track.sid,
        kind=enum_name(models.TrackType, track.type),
        source=SOURCES.get(track.source, ""),
        name=track.name,
        muted=track.muted,
        codec=codec_name(track.mime_type or next((codec.mime_type for codec in track.codecs), "")),
        width=track.width,
        height=track.height,
        simulcast=track.simulcast,
        layers=tuple(
            Layer(enum_name(models.VideoQuality, layer.quality), layer.width, layer.height, layer.bitrate)
            for layer in layers
        ),
        stereo=track.stereo,
        encrypted=track.encryption != models.Encryption.NONE,
        features=features(track),
    )


def enum_name(enum: Any, value: int) -> str:
    """The name in lower case; a value that is newer than this SDK shows as its number."""
    try:
        return str(enum.Name(value)).lower()
    except ValueError:
        return str(value)
