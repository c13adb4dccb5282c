"""How a recording is encoded: the part of the form for presets and for figures of one's own."""

from collections.abc import Mapping
from typing import Any

from livekit import api
from livekit.protocol import egress
from wtforms import SelectField

from .base import Form, Number, SelectChoice
from .egress_fields import Decimal, Pick, fill

OWN = "own"
PRESETS = {
    "": "The worker’s default: 1280×720, 30 fps",
    "H264_720P_30": "720p, 30 fps, 3 Mbit/s",
    "H264_720P_60": "720p, 60 fps, 4.5 Mbit/s",
    "H264_1080P_30": "1080p, 30 fps, 4.5 Mbit/s",
    "H264_1080P_60": "1080p, 60 fps, 6 Mbit/s",
    "PORTRAIT_H264_720P_30": "Portrait 720p, 30 fps, 3 Mbit/s",
    "PORTRAIT_H264_720P_60": "Portrait 720p, 60 fps, 4.5 Mbit/s",
    "PORTRAIT_H264_1080P_30": "Portrait 1080p, 30 fps, 4.5 Mbit/s",
    "PORTRAIT_H264_1080P_60": "Portrait 1080p, 60 fps, 6 Mbit/s",
    OWN: "Figures of your own",
}
AUDIO, VIDEO = api.AudioCodec, api.VideoCodec
MP4, OGG, MP3 = egress.EncodedFileType.MP4, egress.EncodedFileType.OGG, egress.EncodedFileType.MP3
# What fits into what, as the worker has it.
AUDIO_IN: Mapping[int, tuple[int, ...]] = {
    MP4: (AUDIO.AAC, AUDIO.OPUS),
    OGG: (AUDIO.OPUS,),
    MP3: (AUDIO.AC_MP3, AUDIO.OPUS, AUDIO.AAC),
}
MOST = 2**31 - 1


class EncodingForm(Form):
    """A preset, or figures of one's own; an empty figure is the worker's default."""

    quality = SelectField("Encoding", choices=[SelectChoice(*pair) for pair in PRESETS.items()], default="")

    encoding_width = Number("Width", low=16, high=16384, description="Pixels, even. 1280 if empty.")
    encoding_height = Number("Height", low=16, high=16384, description="Pixels, even. 720 if empty.")
    encoding_framerate = Number("Frames a second", low=1, high=240, description="30 if empty.")
    encoding_depth = Pick("Colour depth", ((0, "24 bit"), (16, "16 bit"), (8, "8 bit")))
    encoding_video_codec = Pick(
        "Video codec",
        (
            (VIDEO.DEFAULT_VC, "What fits the output"),
            (VIDEO.H264_BASELINE, "H.264 baseline"),
            (VIDEO.H264_MAIN, "H.264 main"),
            (VIDEO.H264_HIGH, "H.264 high"),
        ),
    )
    encoding_video_bitrate = Number("Video bitrate", low=1, high=MOST, description="kbit/s. 3000 if empty.")
    encoding_key_frame_interval = Decimal(
        "Seconds between key frames", low=0.1, high=3600, description="4 for streams if empty."
    )
    encoding_audio_codec = Pick(
        "Audio codec",
        (
            (AUDIO.DEFAULT_AC, "What fits the output"),
            (AUDIO.OPUS, "Opus"),
            (AUDIO.AAC, "AAC"),
            (AUDIO.AC_MP3, "MP3"),
        ),
    )
    encoding_audio_bitrate = Number("Audio bitrate", low=1, high=MOST, description="kbit/s. 128 if empty.")
    encoding_audio_frequency = Number(
        "Audio frequency", low=8000, high=192000, description="Hz. 44100 if empty."
    )

    def check_encoding(self, outputs: list[str], file_type: int) -> None:
        """Puts messages at figures that the worker would refuse."""
        if self.quality.data != OWN:
            return
        for field in (self.encoding_width, self.encoding_height):
            if field.data is not None and field.data % 2 and not field.errors:
                field.errors = ["This has to be even."]
        audio = self.encoding_audio_codec.data
        if not audio:
            return
        if {"stream", "segments"} & set(outputs) and audio != AUDIO.AAC:
            self.encoding_audio_codec.errors = ["Streams and segments take AAC only."]
        elif "file" in outputs and file_type in AUDIO_IN and audio not in AUDIO_IN[file_type]:
            self.encoding_audio_codec.errors = [
                "This type of file doesn’t take it. Leave the choice to the worker."
            ]

    def store_encoding(self, request: Any) -> None:
        """Writes the choice onto a request; the worker's default is nothing at all."""
        if self.quality.data == OWN:
            request.advanced.SetInParent()
            fill(self, "encoding_", request.advanced)
        elif self.quality.data and not self.quality.errors:
            request.preset = getattr(egress.EncodingOptionsPreset, self.quality.data)
