"""The protobuf messages of a world as the server makes them, ids and defaults included."""

import copy
import secrets
import string
import time
from collections.abc import Sequence
from typing import Any, TypeVar

from google.protobuf.message import Message
from livekit.protocol import models

MessageType = TypeVar("MessageType", bound=Message)

_ALPHABET = string.ascii_letters + string.digits
_CODECS = (
    "audio/PCMU",
    "audio/PCMA",
    "audio/opus",
    "audio/red",
    "video/VP8",
    "video/H264",
    "video/VP9",
    "video/AV1",
    "video/H265",
    "video/rtx",
)
_LAYERS = ((models.LOW, "q"), (models.MEDIUM, "h"), (models.HIGH, "f"))
_BITS_PER_PIXEL = 3.25

SOURCES = {
    "camera": (models.CAMERA, models.VIDEO, "TR_VC"),
    "microphone": (models.MICROPHONE, models.AUDIO, "TR_AM"),
    "screen_share": (models.SCREEN_SHARE, models.VIDEO, "TR_VS"),
    "screen_share_audio": (models.SCREEN_SHARE_AUDIO, models.AUDIO, "TR_As"),
}
"""Track sources by the names tokens use, each with its type and the prefix of its id."""


def new_id(prefix: str) -> str:
    """An id as the server makes them: the prefix and twelve letters or digits."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(12))


def new_room(name: str) -> models.Room:
    """A room with the server's default timeouts (seconds) and codecs."""
    now = time.time()
    return models.Room(
        sid=new_id("RM_"),
        name=name,
        empty_timeout=300,
        departure_timeout=20,
        creation_time=int(now),
        creation_time_ms=int(now * 1000),
        turn_password=secrets.token_urlsafe(32),
        enabled_codecs=[models.Codec(mime=mime) for mime in _CODECS],
    )


def new_participant(identity: str) -> models.ParticipantInfo:
    """A participant that has just become active, with the permissions of a plain token."""
    now = time.time()
    return models.ParticipantInfo(
        sid=new_id("PA_"),
        identity=identity,
        state=models.ParticipantInfo.ACTIVE,
        joined_at=int(now),
        joined_at_ms=int(now * 1000),
        version=1,
        permission=models.ParticipantPermission(can_subscribe=True, can_publish=True, can_publish_data=True),
    )


def new_track(
    source: str, *, name: str, mime: str, width: int, height: int, layers: int, muted: bool
) -> models.TrackInfo:
    """A track as the server lists it; ``layers`` spatial layers, each half the size of the next."""
    track_source, kind, prefix = SOURCES[source]
    video = kind == models.VIDEO
    spatial = _spatial_layers(width, height, layers) if video else []
    codec = models.SimulcastCodecInfo(
        mime_type=mime,
        cid=new_id(""),
        layers=spatial,
        video_layer_mode=models.VideoLayer.ONE_SPATIAL_LAYER_PER_STREAM,
    )
    return models.TrackInfo(
        sid=new_id(prefix),
        type=kind,
        source=track_source,
        name=name,
        muted=muted,
        width=width if video else 0,
        height=height if video else 0,
        simulcast=len(spatial) > 1,
        layers=spatial,
        mime_type=mime,
        codecs=[codec],
        stream="camera" if track_source in (models.CAMERA, models.MICROPHONE) else "screen",
        version=models.TimedVersion(unix_micro=int(time.time() * 1_000_000)),
        backup_codec_policy=models.PREFER_REGRESSION if video else models.SIMULCAST,
    )


def _spatial_layers(width: int, height: int, count: int) -> Sequence[models.VideoLayer]:
    return [
        models.VideoLayer(
            quality=quality,
            width=width >> smaller,
            height=height >> smaller,
            bitrate=int((width >> smaller) * (height >> smaller) * _BITS_PER_PIXEL),
            ssrc=secrets.randbits(32),
            spatial_layer=index,
            rid=rid if count > 1 else "",
        )
        for index, (quality, rid) in enumerate(_LAYERS[:count])
        if (smaller := count - 1 - index) >= 0
    ]


def copy_of(message: MessageType) -> MessageType:
    """A message of its own with the same content."""
    return copy.deepcopy(message)


def enum_name(message: Any, field: str) -> str:
    """The name that an enum field's value has in the protocol."""
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    return str(enum.values_by_number[getattr(message, field)].name)


def now_ns() -> int:
    """The time as jobs have it: nanoseconds since 1970."""
    return time.time_ns()
