"""What a recorder makes of a request: what it records, into what, and what it refuses to start."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from livekit.protocol import egress

from livekit_dashboard.simulator.errors import TwirpError, internal

WEB, SDK = egress.EGRESS_SOURCE_TYPE_WEB, egress.EGRESS_SOURCE_TYPE_SDK

# Requests share their fields but no base class: they are Any here.


@dataclass(frozen=True)
class Output:
    """One output: ``kind`` is file, stream, segments or images, ``storage`` the upload or None."""

    kind: str
    config: Any
    storage: Any = None


@dataclass
class Plan:
    """A request that has been understood.

    ``joins`` says whether the recorder joins the room, ``awaits_signal`` whether it starts only when
    the page it records says so; ``identity`` and ``tracks`` must be there when it starts.
    """

    source: egress.EgressSourceType
    room_name: str = ""
    joins: bool = True
    awaits_signal: bool = False
    audio: bool = True
    video: bool = True
    identity: str = ""
    tracks: list[str] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)


def plan(kind: str, request: Any) -> Plan:
    """The plan for a request; ``kind`` is its field in EgressInfo. Raises TwirpError as a worker does."""
    made = _SOURCES[kind](request)
    if kind != "web":
        made.room_name = request.room_name
    if not (made.audio or made.video):
        raise missing("audio_only and video_only")
    if made.joins and not made.room_name:
        raise missing("token or api key/secret")
    made.outputs = list(_OUTPUTS.get(kind, _encoded_outputs)(request))
    _check_outputs(made)
    return made


def missing(name: str) -> TwirpError:
    """The worker's word for whatever it cannot make sense of."""
    return internal("invalid_argument", f"request has missing or invalid field: {name}")


def bad_url(url: str, why: str) -> TwirpError:
    """A stream that has no usable address."""
    return internal("invalid_argument", f"invalid url {url}: {why}")


def _composite(request: Any) -> Plan:
    alone = request.audio_only and not request.layout and not request.custom_base_url
    return Plan(
        SDK if alone else WEB,
        awaits_signal=True,
        audio=not request.video_only,
        video=not request.audio_only,
    )


def _web(request: Any) -> Plan:
    if urlsplit(request.url).scheme not in ("http", "https"):
        raise missing("web url")
    return Plan(WEB, joins=False, audio=not request.video_only, video=not request.audio_only)


def _participant(request: Any) -> Plan:
    if not request.identity:
        raise missing("identity")
    return Plan(SDK, identity=request.identity)


def _track_composite(request: Any) -> Plan:
    audio, video = request.audio_track_id, request.video_track_id
    if not (audio or video):
        raise missing("audio_track_id or video_track_id")
    return Plan(
        SDK, audio=bool(audio), video=bool(video), tracks=[track for track in (audio, video) if track]
    )


def _track(request: Any) -> Plan:
    if not request.track_id:
        raise missing("track_id")
    return Plan(SDK, tracks=[request.track_id])


def _second_generation(request: Any) -> Plan:
    match request.WhichOneof("source"):
        case "template":
            return _composite(request.template)
        case "web":
            return _web(request.web)
        case "media":
            return _media(request.media)
    raise missing("source")


def _media(media: Any) -> Plan:
    made = Plan(SDK, audio=False, video=False)
    if media.HasField("participant_video"):
        made.video, made.identity = True, media.participant_video.identity
    elif media.HasField("video_track_id"):
        made.video, made.tracks = True, [media.video_track_id]
    made.audio = media.audio.capture_all or bool(media.audio.routes)
    made.tracks += [route.track_id for route in media.audio.routes if route.HasField("track_id")]
    if not (made.audio or made.video):
        raise missing("audio or video")
    return made


def _encoded_outputs(request: Any) -> Iterator[Output]:
    single = request.WhichOneof("output") if "output" in request.DESCRIPTOR.oneofs_by_name else None
    for kind, several in _SEVERAL.items():
        configs = list(getattr(request, several, ()))
        if not configs and kind == single:
            configs = [getattr(request, kind)]
        for config in configs:
            yield Output(kind, config, upload(config))


def _track_output(request: Any) -> Iterator[Output]:
    match request.WhichOneof("output"):
        case "file":
            yield Output("file", request.file, upload(request.file))
        case "websocket_url":
            if urlsplit(request.websocket_url).scheme not in ("ws", "wss"):
                raise bad_url(request.websocket_url, "invalid scheme")
            yield Output("stream", egress.StreamOutput(urls=[request.websocket_url]))


def _mixed_outputs(request: Any) -> Iterator[Output]:
    for output in request.outputs:
        kind = output.WhichOneof("config")
        if kind is None:
            raise missing("output config")
        storage = output.storage if output.HasField("storage") else request.storage
        yield Output(kind, getattr(output, kind), upload(storage))


def upload(holder: Any) -> Any:
    """The storage that a message names, None for the worker's own."""
    providers = ("s3", "gcp", "azure", "aliOSS")
    return next((value for field, value in holder.ListFields() if field.name in providers), None)


def _check_outputs(made: Plan) -> None:
    kinds = [output.kind for output in made.outputs]
    for kind, name in (("file", "file"), ("stream", "stream"), ("segments", "segmented file")):
        if kinds.count(kind) > 1:
            raise missing(f"multiple {name} outputs")
    if "images" in kinds and not made.video:
        raise missing("audio_only images")
    if not kinds:
        raise missing("output")
    for output in made.outputs:
        if output.kind == "stream" and not output.config.urls:
            if output.config.protocol == egress.StreamProtocol.DEFAULT_PROTOCOL:
                raise missing("stream protocol")
            if len(kinds) == 1:
                raise missing("stream url")


_SEVERAL = {
    "file": "file_outputs",
    "stream": "stream_outputs",
    "segments": "segment_outputs",
    "images": "image_outputs",
}
_OUTPUTS = {"track": _track_output, "egress": _mixed_outputs}
_SOURCES = {
    "room_composite": _composite,
    "web": _web,
    "participant": _participant,
    "track_composite": _track_composite,
    "track": _track,
    "egress": _second_generation,
}
