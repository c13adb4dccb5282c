"""Encodings and track sources of ingresses, with their names on pages."""

from collections.abc import Sequence
from typing import Any

from livekit.protocol import models
from livekit.protocol.ingress import IngressAudioEncodingPreset, IngressVideoEncodingPreset

Words = Sequence[tuple[int, str]]

AUDIO_SOURCES: Words = (
    (models.UNKNOWN, "LiveKit default"),
    (models.MICROPHONE, "Microphone"),
    (models.SCREEN_SHARE_AUDIO, "Screen share audio"),
)
VIDEO_SOURCES: Words = (
    (models.UNKNOWN, "LiveKit default"),
    (models.CAMERA, "Camera"),
    (models.SCREEN_SHARE, "Screen share"),
)
AUDIO_PRESETS: Words = (
    (IngressAudioEncodingPreset.OPUS_STEREO_96KBPS, "Opus, stereo, 96 kbit/s"),
    (IngressAudioEncodingPreset.OPUS_MONO_64KBS, "Opus, mono, 64 kbit/s"),
)
VIDEO_PRESETS: Words = (
    (IngressVideoEncodingPreset.H264_1080P_30FPS_3_LAYERS, "H.264, 1080p, 30 fps, 3 layers"),
    (IngressVideoEncodingPreset.H264_720P_30FPS_3_LAYERS, "H.264, 720p, 30 fps, 3 layers"),
    (IngressVideoEncodingPreset.H264_540P_25FPS_2_LAYERS, "H.264, 540p, 25 fps, 2 layers"),
    (IngressVideoEncodingPreset.H264_1080P_30FPS_1_LAYER, "H.264, 1080p, 30 fps, 1 layer"),
    (IngressVideoEncodingPreset.H264_720P_30FPS_1_LAYER, "H.264, 720p, 30 fps, 1 layer"),
    (
        IngressVideoEncodingPreset.H264_1080P_30FPS_3_LAYERS_HIGH_MOTION,
        "H.264, 1080p, 30 fps, 3 layers, high motion",
    ),
    (
        IngressVideoEncodingPreset.H264_720P_30FPS_3_LAYERS_HIGH_MOTION,
        "H.264, 720p, 30 fps, 3 layers, high motion",
    ),
    (
        IngressVideoEncodingPreset.H264_540P_25FPS_2_LAYERS_HIGH_MOTION,
        "H.264, 540p, 25 fps, 2 layers, high motion",
    ),
    (
        IngressVideoEncodingPreset.H264_1080P_30FPS_1_LAYER_HIGH_MOTION,
        "H.264, 1080p, 30 fps, 1 layer, high motion",
    ),
    (
        IngressVideoEncodingPreset.H264_720P_30FPS_1_LAYER_HIGH_MOTION,
        "H.264, 720p, 30 fps, 1 layer, high motion",
    ),
)
AUDIO_CODECS: Words = ((models.DEFAULT_AC, "LiveKit default"), (models.OPUS, "Opus"))
VIDEO_CODECS: Words = (
    (models.DEFAULT_VC, "LiveKit default"),
    (models.H264_BASELINE, "H.264 baseline"),
    (models.VP8, "VP8"),
)
LAYERS = ((models.HIGH, "High"), (models.MEDIUM, "Medium"), (models.LOW, "Low"))
ORIGINAL = "LiveKit default"


def of_audio(options: Any) -> str:
    """How an ingress encodes audio, in a few words."""
    kind = options.WhichOneof("encoding_options")
    if kind == "preset":
        return _word(AUDIO_PRESETS, options.preset)
    if kind is None:
        return ORIGINAL
    own = options.options
    return _joined(
        _word(AUDIO_CODECS, own.audio_codec) if own.audio_codec else "",
        f"{own.bitrate / 1000:g} kbit/s" if own.bitrate else "",
        {0: "", 1: "mono", 2: "stereo"}.get(own.channels, f"{own.channels} channels"),
        "without DTX" if own.disable_dtx else "",
    )


def of_video(options: Any) -> str:
    """How an ingress encodes video, in a few words."""
    kind = options.WhichOneof("encoding_options")
    if kind == "preset":
        return _word(VIDEO_PRESETS, options.preset)
    if kind is None:
        return ORIGINAL
    own = options.options
    sizes = ", ".join(f"{layer.width}×{layer.height}" for layer in own.layers)
    return _joined(
        _word(VIDEO_CODECS, own.video_codec) if own.video_codec else "",
        sizes,
        f"{own.frame_rate:g} fps" if own.frame_rate else "",
    )


def source(words: Words, value: int) -> str:
    """The name of a track source."""
    return _word(words, value)


def _word(words: Words, value: int) -> str:
    return dict(words).get(value, str(value))


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part) or "Custom, with LiveKit defaults"
