"""The settings that a recording was requested with, as labels and words: encoding, audio, outputs, storage, webhooks.

Read from the request in `EgressInfo`, of either generation of the API. Secrets in addresses are masked.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from livekit import api
from livekit.protocol import egress, models

from livekit_dashboard.services.codecs import NAMES
from livekit_dashboard.services.stream_urls import redacted

DEFAULT = "Worker default"
PRESETS: Mapping[str, str] = {
    "H264_720P_30": "720p, 30 fps, 3 Mbit/s",
    "H264_720P_60": "720p, 60 fps, 4.5 Mbit/s",
    "H264_1080P_30": "1080p, 30 fps, 4.5 Mbit/s",
    "H264_1080P_60": "1080p, 60 fps, 6 Mbit/s",
    "PORTRAIT_H264_720P_30": "Portrait 720p, 30 fps, 3 Mbit/s",
    "PORTRAIT_H264_720P_60": "Portrait 720p, 60 fps, 4.5 Mbit/s",
    "PORTRAIT_H264_1080P_30": "Portrait 1080p, 30 fps, 4.5 Mbit/s",
    "PORTRAIT_H264_1080P_60": "Portrait 1080p, 60 fps, 6 Mbit/s",
    # Only for a media source with a single track.
    "PASSTHROUGH": "Passthrough, without transcoding",
}
MIXINGS = {0: "", 1: "Agents left, others right", 2: "Alternating left and right"}
CHANNELS = {1: "left", 2: "right"}
STORAGES = {
    "s3": "S3",
    "gcp": "Google Cloud Storage",
    "azure": "Azure Blob Storage",
    "aliOSS": "Alibaba OSS",
}
LABELS = {
    "EncodedFileOutput": "File",
    "DirectFileOutput": "File",
    "FileOutput": "File",
    "StreamOutput": "Stream",
    "SegmentedFileOutput": "Segments",
    "ImageOutput": "Images",
}
FILE_TYPES = {0: "", 1: "MP4", 2: "OGG", 3: "MP3"}
PROTOCOLS = {0: "", 1: "RTMP", 2: "SRT", 3: "WebSocket"}
SEGMENTS = {0: "", 1: "HLS, MPEG-TS", 2: "HLS, fragmented MP4"}
NUMBERED = {0: "", 1: "named by time", 2: "one file, overwritten"}


@dataclass(frozen=True)
class Setting:
    """One line: what it is, and its value in words."""

    label: str
    value: str


def settings_of(request: Any, source_type: int) -> tuple[Setting, ...]:
    """The settings of a request, any message that starts a recording; None gives none."""
    if request is None:
        return ()
    return tuple(Setting(label, value) for label, value in _all(request, source_type) if value)


def source_of(request: Any) -> Any:
    """The message that says what is recorded: the request, or its template, web or media source."""
    if request is None or "source" not in request.DESCRIPTOR.oneofs_by_name:
        return request
    chosen = request.WhichOneof("source")
    return getattr(request, chosen) if chosen else None


def _all(request: Any, source_type: int) -> Iterator[tuple[str, str]]:
    name = request.DESCRIPTOR.name
    if name == "ExportReplayRequest":
        yield "Replay", request.replay_id
        yield "Range", _range(request.start_offset_ms, request.end_offset_ms)
    source = source_of(request)
    yield from _source(source, request)
    sdk = source_type == api.EgressSourceType.EGRESS_SOURCE_TYPE_SDK
    yield "Recorder", "SDK, without a browser" if sdk else "Browser"
    yield "Encoding", "As published" if name == "TrackEgressRequest" else _encoding(request)
    for output in _outputs(request):
        yield LABELS[output.DESCRIPTOR.name], _output(output)
    if _filled(request, "websocket_url"):
        yield "WebSocket", redacted(request.websocket_url)
    yield from (("Storage", found) for found in _storages(request))
    yield from (("Webhook", redacted(one.url)) for one in request.webhooks)


def _source(source: Any, request: Any) -> Iterator[tuple[str, str]]:
    if source is None:
        return
    if source is not request and _filled(source, "url"):
        yield "Page", redacted(source.url)
    if _filled(source, "custom_base_url"):
        yield "Template", redacted(source.custom_base_url)
    if _filled(source, "await_start_signal"):
        yield "Start", "When the page logs START_RECORDING"
    if _filled(source, "screen_share"):
        yield "Video", "Screen share instead of the camera"
    if _filled(source, "audio_mixing"):
        yield "Audio", _word(MIXINGS, source.audio_mixing)
    if source.DESCRIPTOR.name == "MediaSource":
        yield "Video", _video(source)
        yield "Audio", _audio(source.audio)


def _video(source: Any) -> str:
    if source.WhichOneof("video") == "participant_video":
        wanted = source.participant_video
        return _joined(wanted.identity, "screen share preferred" if wanted.prefer_screen_share else "")
    return str(source.video_track_id)


def _audio(audio: Any) -> str:
    if audio.capture_all:
        return "All participants"
    return "; ".join(_route(route) for route in audio.routes)


def _route(route: Any) -> str:
    match route.WhichOneof("match"):
        case "participant_kind":
            who = f"{_name(models.ParticipantInfo.Kind, route.participant_kind).lower()} participants"
        case "participant_identity":
            who = route.participant_identity
        case _:
            who = route.track_id
    return _joined(who, CHANNELS.get(route.channel, ""))


def _encoding(request: Any) -> str:
    oneof = "encoding" if "encoding" in request.DESCRIPTOR.oneofs_by_name else "options"
    match request.WhichOneof(oneof):
        case "preset":
            preset = _name(egress.EncodingOptionsPreset, request.preset)
            return PRESETS.get(preset, f"Preset {preset}")
        case "advanced":
            return _advanced(request.advanced) or DEFAULT
    return DEFAULT


def _advanced(own: Any) -> str:
    return _joined(
        f"{own.width}×{own.height}" if own.width and own.height else "",
        f"{own.framerate} fps" if own.framerate else "",
        _codec(_name(models.VideoCodec, own.video_codec)) if own.video_codec else "",
        f"{own.video_bitrate} kbit/s" if own.video_bitrate else "",
        f"key frame every {own.key_frame_interval:g} s" if own.key_frame_interval else "",
        f"{own.depth} bit" if own.depth else "",
        _codec(_name(models.AudioCodec, own.audio_codec)) if own.audio_codec else "",
        f"{own.audio_bitrate} kbit/s audio" if own.audio_bitrate else "",
        f"{own.audio_frequency} Hz" if own.audio_frequency else "",
    )


def _codec(name: str) -> str:
    """`H264_MAIN` is H.264 main, `AC_MP3` is MP3."""
    head, _, profile = name.removeprefix("AC_").partition("_")
    return f"{NAMES.get(head.lower(), head)} {profile.lower()}".strip()


def _outputs(request: Any) -> Iterator[Any]:
    """Every output, in whichever of the API's ways it was given."""
    for field, value in request.ListFields():
        if field.name == "outputs":
            for one in value:
                chosen = one.WhichOneof("config")
                if chosen:
                    yield getattr(one, chosen)
        elif field.message_type is not None and field.message_type.name in LABELS:
            yield from value if field.is_repeated else [value]


def _output(output: Any) -> str:
    kind = LABELS[output.DESCRIPTOR.name]
    words = [
        _word(FILE_TYPES, output.file_type) if _filled(output, "file_type") else "",
        _word(PROTOCOLS if kind == "Stream" else SEGMENTS, output.protocol)
        if _filled(output, "protocol")
        else "",
        f"{output.segment_duration} s each" if _filled(output, "segment_duration") else "",
        f"every {output.capture_interval} s" if _filled(output, "capture_interval") else "",
        f"{output.width}×{output.height}" if kind == "Images" and output.width and output.height else "",
        _word(NUMBERED, output.filename_suffix) if _filled(output, "filename_suffix") else "",
        "no manifest" if _filled(output, "disable_manifest") else "",
    ]
    return _joined(*words)


def _storages(request: Any) -> Iterator[str]:
    """Each storage once: of the request, of its outputs, or the worker's own."""
    found: dict[str, None] = {}
    holders = [request, *_outputs(request), *(getattr(request, "outputs", None) or ())]
    for holder in holders:
        provider = getattr(holder, "storage", holder)
        for name, word in STORAGES.items():
            if name in provider.DESCRIPTOR.fields_by_name and provider.HasField(name):
                found[_storage(word, getattr(provider, name))] = None
    yield from found


def _storage(word: str, upload: Any) -> str:
    place = getattr(upload, "bucket", "") or getattr(upload, "container_name", "")
    return _joined(word, place, getattr(upload, "region", ""), redacted(getattr(upload, "endpoint", "")))


def _name(enum: Any, value: int) -> str:
    """The name of an enum's value; of a number that this version of the protocol doesn't have, the number."""
    try:
        return str(enum.Name(value))
    except ValueError:
        return str(value)


def _range(start: int, end: int) -> str:
    if not start and not end:
        return ""
    return f"{start / 1000:g} s to {f'{end / 1000:g} s' if end else 'the end'}"


def _filled(message: Any, name: str) -> bool:
    return name in message.DESCRIPTOR.fields_by_name and bool(getattr(message, name))


def _word(words: Mapping[int, str], value: int) -> str:
    return words.get(value, str(value))


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
