"""The part of the recording form for outputs: files, streams, segments, images and WebSockets."""

import posixpath
from collections.abc import Mapping
from typing import Any

from livekit import api
from livekit.protocol import egress
from wtforms import BooleanField

from livekit_dashboard.forms.base import Checks, Form, Number, Text, plain, utf8
from livekit_dashboard.services.stream_urls import SCHEMES, fault, scheme

from .fields import PATH, Lines, Pick, fill

OUTPUTS = ("file", "stream", "segments", "images", "websocket")
FILE, PROTOCOL = egress.EncodedFileType, egress.StreamProtocol
TYPES: Mapping[int, str] = {FILE.MP4: ".mp4", FILE.OGG: ".ogg", FILE.MP3: ".mp3"}
BY_ENDING = {ending: value for value, ending in TYPES.items()}
# Extensions of media types that egress doesn't produce. Any other dot is part of the name.
FOREIGN = (".aac", ".avi", ".flac", ".flv", ".m3u8", ".m4a", ".mkv", ".mov", ".opus", ".ts", ".wav", ".webm")
MOST = 2**31 - 1


class OutputsForm(Form):
    """The outputs, and the fields of each. Only fields of selected outputs are checked."""

    outputs = Checks("Outputs", choices=plain(OUTPUTS), default=["file"])

    file_filepath = Text("Path", PATH, description="")
    file_file_type = Pick(
        "Type", ((0, "By file extension"), (FILE.MP4, "MP4"), (FILE.OGG, "OGG"), (FILE.MP3, "MP3"))
    )

    stream_urls = Lines("Stream addresses", [utf8], description="One per line, including the stream key.")
    stream_protocol = Pick(
        "Protocol", ((0, "By the address"), (PROTOCOL.RTMP, "RTMP"), (PROTOCOL.SRT, "SRT"))
    )

    segments_filename_prefix = Text(
        "Segment prefix", PATH, description="The beginning of each segment’s path."
    )
    segments_playlist_name = Text(
        "Playlist", PATH, description="Path of the .m3u8. Default: named like the segments."
    )
    segments_live_playlist_name = Text(
        "Live playlist", PATH, description="A second playlist with the latest segments only. Default: none."
    )
    segments_segment_duration = Number(
        "Segment duration", low=1, high=3600, description="Seconds. Default: 4."
    )
    segments_filename_suffix = Pick("Numbering", ((0, "By count"), (1, "By time")))
    segments_protocol = Pick("Format", ((1, "HLS, MPEG-TS"), (2, "HLS, fragmented MP4")))

    images_filename_prefix = Text("Image prefix", PATH, description="The beginning of each image’s path.")
    images_capture_interval = Number(
        "Interval", low=1, high=86400, description="Seconds between images. Default: 10."
    )
    images_width = Number("Width", low=16, high=MOST, description="Pixels. Default: as recorded.")
    images_height = Number("Height", low=16, high=MOST, description="Pixels. Default: as recorded.")
    images_filename_suffix = Pick(
        "Numbering", ((0, "By count"), (1, "By time"), (2, "None, each image replaces the last"))
    )

    websocket_url = Text(
        "WebSocket address", PATH, description="Receives raw audio (PCM). Audio tracks only."
    )
    disable_manifest = BooleanField(
        "No manifest", description="By default, workers store a JSON file about the recording next to it."
    )

    @property
    def audio_alone(self) -> bool:
        """Whether no video is recorded, as far as the form knows."""
        raise NotImplementedError

    def check_outputs(self) -> None:
        """Adds errors to fields of selected outputs that are missing or contradict each other."""
        if not self.outputs.data:
            self.outputs.errors = ["Choose at least one output."]
        for name in self.outputs.data:
            getattr(self, f"_check_{name}")()

    def _check_file(self) -> None:
        wanted = TYPES.get(self.file_file_type.data)
        ending = posixpath.splitext(self.file_filepath.data.strip())[1].lower()
        if ending in FOREIGN:
            self.file_filepath.errors = [f"Files can be MP4, OGG or MP3. This path ends in {ending}."]
        elif wanted and ending in BY_ENDING and ending != wanted:
            self.file_filepath.errors = [f"The type is {wanted[1:].upper()}, but the path ends in {ending}."]
        elif self.file_type in (FILE.OGG, FILE.MP3) and not self.audio_alone:
            word = TYPES[self.file_type][1:].upper()
            place = self.file_file_type if wanted else self.file_filepath
            place.errors = [f"{word} files contain audio only. Record audio only, or choose MP4."]

    def _check_stream(self) -> None:
        field, urls = self.stream_urls, self.stream_urls.lines
        if not urls:
            if len(self.outputs.data) == 1:
                field.errors = ["Enter an address, or choose another output too."]
            elif not self.stream_protocol.data:
                self.stream_protocol.errors = ["Choose a protocol, because there is no address yet."]
            return
        protocols: Mapping[int, tuple[str, ...]] = {PROTOCOL.RTMP: ("RTMP",), PROTOCOL.SRT: ("SRT",)}
        chosen = protocols.get(self.stream_protocol.data, ("RTMP", "SRT"))
        faults = [found for url in urls if (found := fault(url, chosen))]
        if faults:
            field.errors = faults[:1]
        elif len({SCHEMES[scheme(url)] for url in urls}) > 1:
            field.errors = ["Use the same protocol for all addresses: RTMP or SRT."]
        elif len(set(urls)) < len(urls):
            field.errors = ["Enter each address once."]

    def _check_segments(self) -> None:
        playlist, live = (
            self.segments_playlist_name.data.strip(),
            self.segments_live_playlist_name.data.strip(),
        )
        if not live:
            return
        if posixpath.dirname(live) not in ("", posixpath.dirname(playlist)):
            self.segments_live_playlist_name.errors = ["Use the same folder as for the playlist."]
        elif playlist and posixpath.basename(live) == posixpath.basename(playlist):
            self.segments_live_playlist_name.errors = ["Use another name than for the playlist."]

    def _check_images(self) -> None:
        if self.audio_alone:
            self.outputs.errors = ["Images are not available for audio-only recordings."]

    def _check_websocket(self) -> None:
        found = fault(self.websocket_url.data.strip(), ("WebSocket",))
        if found:
            self.websocket_url.errors = [found]

    @property
    def file_type(self) -> Any:
        """The chosen file type, or the one of the path's extension."""
        ending = posixpath.splitext(self.file_filepath.data.strip())[1].lower()
        return self.file_file_type.data or BY_ENDING.get(ending, FILE.DEFAULT_FILETYPE)

    def file_output(self) -> egress.EncodedFileOutput:
        output = api.EncodedFileOutput(file_type=self.file_type)
        fill(self, "file_", output)
        output.file_type = self.file_type
        return output

    def stream_output(self) -> egress.StreamOutput:
        urls = self.stream_urls.lines
        protocol: Any = self.stream_protocol.data
        if urls and not protocol:
            protocol = PROTOCOL.SRT if scheme(urls[0]) == "srt" else PROTOCOL.RTMP
        return api.StreamOutput(protocol=protocol, urls=urls)

    def segments_output(self) -> egress.SegmentedFileOutput:
        output = api.SegmentedFileOutput()
        fill(self, "segments_", output)
        return output

    def images_output(self) -> egress.ImageOutput:
        output = api.ImageOutput()
        fill(self, "images_", output)
        return output
