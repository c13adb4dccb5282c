"""File names of recordings: the placeholders that egress workers fill in, and the path that a name results in."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

PLACEHOLDERS: Mapping[str, str] = {
    "{room_name}": "the room’s name",
    "{room_id}": "the room’s id, RM_…",
    "{time}": "the start time, 2026-11-21T010412, by the worker’s clock",
    "{utc}": "the start time in digits, 20261121010412789",
    "{publisher_identity}": "the participant’s identity",
    "{track_id}": "the track’s id, TR_…",
    "{track_type}": "audio or video",
    "{track_source}": "microphone, camera, screen_share or screen_share_audio",
}
_ROOM = ("{room_name}", "{room_id}", "{time}", "{utc}")
# By kind of recording, as livekit-egress fills them in.
KNOWN: Mapping[str, tuple[str, ...]] = {
    "room": _ROOM,
    "web": ("{time}", "{utc}"),
    "participant": (*_ROOM, "{publisher_identity}"),
    "tracks": (*_ROOM, "{publisher_identity}"),
    "track": (*_ROOM, "{publisher_identity}", "{track_id}", "{track_type}", "{track_source}"),
}
SUGGESTIONS: Mapping[str, str] = {
    "room": "rec/{room_name}-{time}.mp4",
    "web": "rec/web-{time}.mp4",
    "participant": "rec/{room_name}-{publisher_identity}-{time}.mp4",
    "tracks": "rec/{room_name}-{publisher_identity}-{time}.mp4",
    "track": "rec/{room_name}-{track_source}-{time}",
}
# Extensions that the worker replaces if they don't match the file type.
ENDINGS = (".raw", ".ogg", ".mp3", ".ivf", ".mp4", ".ts", ".webm", ".m3u8", ".jpeg")
_BRACES = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Subject:
    """What is recorded, as far as it is known before the start; samples stand for the rest."""

    kind: str
    room: str = ""
    room_id: str = "RM_…"
    identity: str = ""
    track_id: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def values(self) -> Mapping[str, str]:
        """The value of each placeholder that this kind has."""
        every = {
            "{room_name}": self.room,
            "{room_id}": self.room_id,
            "{time}": self.at.strftime("%Y-%m-%dT%H%M%S"),
            "{utc}": self.at.strftime("%Y%m%d%H%M%S") + f"{self.at.microsecond // 1000:03d}",
            "{publisher_identity}": self.identity or "identity",
            "{track_id}": self.track_id or "TR_…",
            "{track_type}": "audio",
            "{track_source}": "microphone",
        }
        return {name: every[name] for name in KNOWN[self.kind]}

    @property
    def stem(self) -> str:
        """The beginning of the file name that LiveKit generates; the time follows."""
        return {"web": "web", "participant": self.identity, "track": self.track_id}.get(
            self.kind
        ) or self.room


def becomes(template: str, subject: Subject, ending: str) -> str:
    """The path that a name results in. `ending` is the file type's extension; empty for a track, whose codec decides."""
    path = _filled(_clean(template), subject)
    if not path or path.endswith("/"):
        return f"{path}{subject.stem}-{subject.values['{time}']}{ending}"
    if not ending or path.endswith(ending):
        return path
    stem, known = posixpath.splitext(path)
    return (stem if known in ENDINGS else path) + ending


def stay(template: str, kind: str) -> list[str]:
    """The placeholders in a name that this kind doesn't have, so that they are not filled in."""
    return [name for name in _BRACES.findall(template) if name not in (*KNOWN[kind], "{retry}")]


def _filled(path: str, subject: Subject) -> str:
    for name, value in subject.values.items():
        path = path.replace(name, value)
    return path


def _clean(path: str) -> str:
    """A path without parts that leave the storage, as the worker cleans it."""
    if not path:
        return ""
    folder = "/" if path.endswith("/") else ""
    path = posixpath.normpath(path)
    while path.startswith("../"):
        path = path[3:]
    return "" if path in (".", "..") else path + folder
