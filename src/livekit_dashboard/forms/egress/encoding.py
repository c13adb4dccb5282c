"""The part of the recording form for encoding: a preset or custom figures."""

from collections.abc import Mapping
from typing import Any

from livekit import api
from livekit.protocol import egress
from wtforms import SelectField

from livekit_dashboard.forms.base import Form, Number, SelectChoice
from livekit_dashboard.services.egress.settings import PRESETS as ENCODINGS

from .fields import Decimal, Pick, fill

OWN = "own"
PRESETS = {
    "": "Worker default: 1280×720, 30 fps",
    # Passthrough is for StartEgress only, with a single track.
    **{name: words for name, words in ENCODINGS.items() if name != "PASSTHROUGH"},
    OWN: "Custom",
}
AUDIO, VIDEO = api.AudioCodec, api.VideoCodec
MP4, OGG, MP3 = egress.EncodedFileType.MP4, egress.EncodedFileType.OGG, egress.EncodedFileType.MP3
# Audio codecs that the worker supports in each file type.
AUDIO_IN: Mapping[int, tuple[int, ...]] = {
    MP4: (AUDIO.AAC, AUDIO.OPUS),
    OGG: (AUDIO.OPUS,),
    MP3: (AUDIO.AC_MP3, AUDIO.OPUS, AUDIO.AAC),
}
MOST = 2**31 - 1


class EncodingForm(Form):
    """A preset, or custom figures; an empty one is the worker's default."""

    quality = SelectField("Encoding", choices=[SelectChoice(*pair) for pair in PRESETS.items()], default="")

    encoding_width = Number("Width", low=16, high=16384, description="Even number of pixels. Default: 1280.")
    encoding_height = Number("Height", low=16, high=16384, description="Even number of pixels. Default: 720.")
    encoding_framerate = Number("Frame rate", low=1, high=240, description="fps. Default: 30.")
    encoding_depth = Pick("Color depth", ((0, "24 bit"), (16, "16 bit"), (8, "8 bit")))
    encoding_video_codec = Pick(
        "Video codec",
        (
            (VIDEO.DEFAULT_VC, "Chosen by output"),
            (VIDEO.H264_BASELINE, "H.264 baseline"),
            (VIDEO.H264_MAIN, "H.264 main"),
            (VIDEO.H264_HIGH, "H.264 high"),
        ),
    )
    encoding_video_bitrate = Number("Video bitrate", low=1, high=MOST, description="kbit/s. Default: 3000.")
    encoding_key_frame_interval = Decimal(
        "Key frame interval", low=0.1, high=3600, description="Seconds. Default for streams: 4."
    )
    encoding_audio_codec = Pick(
        "Audio codec",
        (
            (AUDIO.DEFAULT_AC, "Chosen by output"),
            (AUDIO.OPUS, "Opus"),
            (AUDIO.AAC, "AAC"),
            (AUDIO.AC_MP3, "MP3"),
        ),
    )
    encoding_audio_bitrate = Number("Audio bitrate", low=1, high=MOST, description="kbit/s. Default: 128.")
    encoding_audio_frequency = Number(
        "Audio frequency", low=8000, high=192000, description="Hz. Default: 44100."
    )

    def check_encoding(self, outputs: list[str], file_type: int) -> None:
        """Adds errors to figures that the worker would reject."""
        if self.quality.data != OWN:
            return
        for field in (self.encoding_width, self.encoding_height):
            if field.data is not None and field.data % 2 and not field.errors:
                field.errors = ["Enter an even number."]
        audio = self.encoding_audio_codec.data
        if not audio:
            return
        if {"stream", "segments"} & set(outputs) and audio != AUDIO.AAC:
            self.encoding_audio_codec.errors = ["Streams and segments require AAC."]
        elif "file" in outputs and file_type in AUDIO_IN and audio not in AUDIO_IN[file_type]:
            self.encoding_audio_codec.errors = [
                "This file type doesn’t support the codec. Choose another one."
            ]

    def store_encoding(self, request: Any) -> None:
        """Writes the choice to a request; for the worker's default, nothing is set."""
        if self.quality.data == OWN:
            request.advanced.SetInParent()
            fill(self, "encoding_", request.advanced)
        elif self.quality.data and not self.quality.errors:
            request.preset = getattr(egress.EncodingOptionsPreset, self.quality.data)
