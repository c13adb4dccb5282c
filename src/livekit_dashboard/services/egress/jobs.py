"""One egress as a frozen dataclass: its state, its times, the settings it was requested with, and its results."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal
from urllib.parse import urlsplit

from livekit import api
from livekit.protocol import egress

from livekit_dashboard.services.stored import masked, masked_json
from livekit_dashboard.services.stream_urls import is_hidden, redacted

from .settings import Setting, settings_of, source_of

Output = Literal["file", "segments", "images", "stream"]
STATES = {
    api.EgressStatus.EGRESS_STARTING: "starting",
    api.EgressStatus.EGRESS_ACTIVE: "active",
    api.EgressStatus.EGRESS_ENDING: "ending",
    api.EgressStatus.EGRESS_COMPLETE: "complete",
    api.EgressStatus.EGRESS_FAILED: "failed",
    api.EgressStatus.EGRESS_ABORTED: "aborted",
    api.EgressStatus.EGRESS_LIMIT_REACHED: "limit reached",
}
RUNNING = ("starting", "active", "ending")
STREAM_STATES = {0: "active", 1: "finished", 2: "failed"}
KINDS = {
    "room_composite": "room",
    "web": "web",
    "participant": "participant",
    "track_composite": "tracks",
    "track": "track",
    "egress": "custom",
    "replay": "replay",
}


@dataclass(frozen=True)
class Result:
    """One result of an egress: a file, a playlist with its segments, images, or a stream.

    `url` is set where LiveKit gives a location that a browser can open.
    """

    output: Output
    name: str  # Path in the storage; of a stream, its address without the key.
    location: str = ""
    url: str | None = None
    live_url: str | None = None  # Of segments: the playlist with the last ones only.
    state: str = ""  # Of a stream: active, finished or failed.
    started: datetime | None = None
    ended: datetime | None = None
    seconds: float | None = None
    size: int | None = None  # Bytes.
    count: int | None = None  # Segments or images.
    error: str = ""
    retries: int = 0
    last_retry: datetime | None = None
    key: str = ""  # Of a stream: stands for its address in forms.

    @property
    def hidden(self) -> bool:
        """Whether LiveKit masks a part of a stream's address."""
        return is_hidden(self.name)

    @property
    def stored(self) -> bool:
        """Whether LiveKit reports anything stored. Of images it reports their number only."""
        return bool(self.location or self.size or self.count)


@dataclass(frozen=True)
class Job:
    """A recording or a stream, as `ListEgress` reports it."""

    id: str
    room: str
    room_id: str
    kind: str  # room, participant, tracks, track, web, custom or replay
    subject: str  # The identity, the track ids or the page; empty for a whole room.
    layout: str  # At the start; LiveKit does not report later changes.
    media: str  # audio only, video only, or empty.
    state: str
    requested: datetime | None
    started: datetime | None  # When the first output began.
    ended: datetime | None
    updated: datetime | None
    seconds: float | None  # What was recorded, once it has ended.
    size: int | None  # Bytes of files and segments, once they are stored.
    error: str
    error_code: int | None
    details: str
    results: tuple[Result, ...]
    manifest: str
    manifest_url: str | None
    composed: bool  # By a page, whose layout can be changed.
    backup_storage: bool
    retries: int
    outputs: tuple[str, ...]  # Paths, and addresses of streams.
    urls: tuple[str, ...]  # Of what is stored, for a browser.
    settings: tuple[Setting, ...]  # That it was requested with.

    @property
    def running(self) -> bool:
        return self.state in RUNNING

    @property
    def well(self) -> bool:
        """Whether it ended without a failure and within its limits."""
        return self.state == "complete"

    @property
    def label(self) -> str:
        return self.room or (self.subject if self.kind == "web" else "") or "(no name)"

    @property
    def streams(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.output == "stream")

    @property
    def moment(self) -> datetime:
        """The time by which lists are sorted."""
        return self.requested or self.started or self.updated or datetime.fromtimestamp(0, UTC)


def from_proto(info: egress.EgressInfo) -> Job:
    """The dataclass for a protobuf message."""
    asked = info.WhichOneof("request") or ""
    request = getattr(info, asked) if asked else None
    results = tuple(_results(info))
    ended = _moment(info.ended_at)
    started = min((result.started for result in results if result.started), default=None)
    lengths = [result.seconds for result in results if result.seconds is not None]
    sizes = [result.size for result in results if result.size is not None]
    return Job(
        id=info.egress_id,
        room=info.room_name,
        room_id=info.room_id,
        kind=KINDS.get(asked, "custom"),
        subject=_subject(asked, request),
        layout=str(getattr(source_of(request), "layout", "")),
        media=_media(source_of(request)),
        state=STATES.get(info.status, str(info.status)),
        requested=_moment(info.started_at),
        started=started,
        ended=ended,
        updated=_moment(info.updated_at),
        seconds=(max(lengths) if lengths else _between(started, ended)) if ended else None,
        size=sum(sizes) if sizes else None,
        error=info.error,
        error_code=info.error_code or None,
        details=info.details,
        results=results,
        manifest=info.manifest_location,
        manifest_url=_link(info.manifest_location),
        composed=info.source_type == api.EgressSourceType.EGRESS_SOURCE_TYPE_WEB
        and (asked == "room_composite" or _is_template(request)),
        backup_storage=info.backup_storage_used,
        retries=info.retry_count,
        outputs=tuple(result.name for result in results),
        urls=tuple(result.url for result in results if result.url),
        settings=settings_of(request, info.source_type),
    )


def shown_json(info: egress.EgressInfo) -> str:
    """Protobuf JSON for reading. LiveKit masks most secrets itself; this masks the rest."""
    copy = masked(info)
    _hide_streams(copy)
    return masked_json(copy)


def address_of(info: egress.EgressInfo, key: str) -> str | None:
    """The address, as LiveKit lists it, of the stream with this key; None if there is none."""
    return next((stream.url for stream in info.stream_results if stream_key(stream.url) == key), None)


def stream_key(url: str) -> str:
    """A hash that forms use in place of an address, which may hold a passphrase."""
    return blake2b(url.encode(), digest_size=8).hexdigest()


def _results(info: egress.EgressInfo) -> Iterable[Result]:
    for file in info.file_results:
        yield _result("file", file.filename, file, size=file.size or None, location=file.location)
    for playlist in info.segment_results:
        yield _result(
            "segments",
            playlist.playlist_name,
            playlist,
            size=playlist.size or None,
            count=playlist.segment_count,
            location=playlist.playlist_location,
            live_url=_link(playlist.live_playlist_location),
        )
    for images in info.image_results:
        yield _result("images", images.filename_prefix, images, count=images.image_count)
    for stream in info.stream_results:
        yield _result(
            "stream",
            redacted(stream.url),
            stream,
            state=STREAM_STATES.get(stream.status, str(stream.status)),
            error=stream.error,
            retries=stream.retries,
            last_retry=_moment(stream.last_retry_at),
            key=stream_key(stream.url),
        )


def _result(output: Output, name: str, result: Any, *, location: str = "", **fields: Any) -> Result:
    started, ended = _moment(result.started_at), _moment(result.ended_at)
    length = getattr(result, "duration", 0)
    return Result(
        output=output,
        name=name,
        location=location,
        url=_link(location),
        started=started,
        ended=ended,
        seconds=length / 1e9 if length else (_between(started, ended) if ended else None),
        **fields,
    )


def _link(location: str) -> str | None:
    """The location if a browser can open it. It comes from the worker, so only http and https are accepted."""
    try:
        return location if urlsplit(location).scheme in ("http", "https") else None
    except ValueError:
        return None


def _moment(ns: int) -> datetime | None:
    return datetime.fromtimestamp(ns / 1e9, UTC) if ns else None


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return max((end - start).total_seconds(), 0) if start and end else None


def _is_template(request: Any) -> bool:
    return bool(source_of(request) is not request and request.WhichOneof("source") == "template")


def _subject(asked: str, request: Any) -> str:
    match asked:
        case "participant":
            return str(request.identity)
        case "track":
            return str(request.track_id)
        case "track_composite":
            return _words((request.audio_track_id, request.video_track_id))
        case "web":
            return str(request.url)
    return ""


def _media(source: Any) -> str:
    if getattr(source, "audio_only", False):
        return "audio only"
    return "video only" if getattr(source, "video_only", False) else ""


def _words(words: Sequence[str]) -> str:
    return ", ".join(word for word in words if word)


def _hide_streams(message: Any) -> None:
    for field, value in message.ListFields():
        if field.name in ("urls", "url", "websocket_url") and field.type == field.TYPE_STRING:
            if field.is_repeated:
                value[:] = [redacted(url) for url in value]
            elif field.name != "url" or message.DESCRIPTOR.name in ("StreamInfo", "StreamDestination"):
                setattr(message, field.name, redacted(value))
        elif field.type == field.TYPE_MESSAGE and not (
            field.is_repeated and field.message_type.GetOptions().map_entry
        ):
            for part in value if field.is_repeated else [value]:
                _hide_streams(part)
