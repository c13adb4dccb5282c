"""A participant and its tracks, as pages show them, made from LiveKit's ParticipantInfo."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from livekit.protocol import models

from livekit_dashboard.services.codecs import codec_name

from .details import Details, details, features

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
