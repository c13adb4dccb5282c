"""What the server refuses in an ingress, in its own words."""

from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from livekit.protocol import ingress, models

from livekit_dashboard.simulator.errors import TwirpError, internal

RTMP, WHIP, URL = ingress.RTMP_INPUT, ingress.WHIP_INPUT, ingress.URL_INPUT

_VIDEO_SOURCES = (models.UNKNOWN, models.CAMERA, models.SCREEN_SHARE)
_AUDIO_SOURCES = (models.UNKNOWN, models.MICROPHONE, models.SCREEN_SHARE_AUDIO)
_VIDEO_CODECS = (models.DEFAULT_VC, models.H264_BASELINE, models.VP8)
_AUDIO_CODECS = (models.DEFAULT_AC, models.OPUS)
_SCHEMES = ("http", "https", "srt")


def check_url(url: str) -> None:
    """Raises TwirpError for an address that nothing can be pulled from."""
    if not url:
        raise bad_ingress("missing URL parameter")
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        raise internal("invalid_argument", f"parse \"{url}\": missing ']' in host") from None
    if scheme not in _SCHEMES:
        raise bad_ingress(f"invalid url scheme {scheme}")


def check_ingress(info: ingress.IngressInfo) -> None:
    """Raises TwirpError for an ingress that cannot work."""
    if info.input_type == URL and not info.room_name:
        raise bad_ingress("no room name")
    if info.input_type == URL and info.HasField("enabled") and not info.enabled:
        raise bad_ingress("disabled non reusable ingress")
    if not info.participant_identity:
        raise bad_ingress("no participant identity")
    _check_transcoding(info)
    _check_video(info.video)
    _check_audio(info.audio)


def bad_ingress(why: str) -> TwirpError:
    """The server's word for most of it."""
    return internal("invalid_argument", f"invalid ingress: {why}")


def _check_transcoding(info: ingress.IngressInfo) -> None:
    # The older field is still as it was when an update is checked: it gets in the way of one that
    # switches transcoding on and says how to encode.
    if info.bypass_transcoding:
        _check_no_encoding(info, "transcoding bypass is selected")
    transcodes = info.enable_transcoding if info.HasField("enable_transcoding") else info.input_type != WHIP
    if transcodes:
        return
    if info.input_type != WHIP:
        raise _bad(
            "transcoding bypass configuration", "bypassing transcoding impossible with selected input type"
        )
    _check_no_encoding(info, "transcoding is disabled")


def _check_no_encoding(info: ingress.IngressInfo, because: str) -> None:
    for kind in ("video", "audio"):
        if getattr(info, kind).WhichOneof("encoding_options"):
            why = f"{kind} encoding options must be empty if {because}"
            raise _bad("transcoding bypass configuration", why)


def _check_video(video: ingress.IngressVideoOptions) -> None:
    if video.source not in _VIDEO_SOURCES:
        raise _bad("video parameters", "invalid track source")
    _check_preset(video, "video")
    options = video.options
    if options.frame_rate < 0:
        raise _bad("video parameters", "invalid framerate")
    if options.video_codec not in _VIDEO_CODECS:
        raise _bad("video parameters", "video codec unsupported")
    _check_layers(options)


def _check_layers(options: ingress.IngressVideoEncodingOptions) -> None:
    seen: dict[int, models.VideoLayer] = {}
    for layer in options.layers:
        if not (layer.width and layer.height):
            raise _bad("video parameters", "invalid output media dimensions")
        if layer.width % 2:
            raise bad_ingress("layer width must be even")
        if layer.height % 2:
            raise bad_ingress("layer height must be even")
        if layer.quality in seen:
            raise _bad("video parameters", "more than one layer with the same quality level")
        seen[layer.quality] = layer
    ordered = [layer for _, layer in sorted(seen.items())]
    for smaller, larger in pairwise(ordered):
        for side in ("height", "width"):
            if getattr(larger, side) < getattr(smaller, side):
                why = f"video layers do not have increasing {side} with increasing quality"
                raise _bad("video parameters", why)


def _check_audio(audio: ingress.IngressAudioOptions) -> None:
    if audio.source not in _AUDIO_SOURCES:
        raise _bad("audio parameters", "invalid track source")
    _check_preset(audio, "audio")
    if audio.options.audio_codec not in _AUDIO_CODECS:
        raise _bad("audio parameters", "audio codec unsupported")
    if audio.options.channels > 2:
        raise _bad("audio parameters", "invalid audio channel count")


def _check_preset(options: Any, kind: str) -> None:
    known = options.DESCRIPTOR.fields_by_name["preset"].enum_type.values_by_number
    if options.preset not in known:
        raise _bad(f"{kind} parameters", "invalid preset")


def _bad(what: str, why: str) -> TwirpError:
    return internal("invalid_argument", f"invalid {what}: {why}")
