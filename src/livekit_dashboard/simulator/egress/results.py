"""What a recorder has to show: files, segments, images and streams in an EgressInfo."""

import posixpath
import re
import time
from collections.abc import Mapping
from typing import Any

from livekit.protocol import egress, models

from livekit_dashboard.simulator.messages import enum_name

from .plan import Output, Plan, bad_url
from .redaction import redact_stream_key

AUDIO_RATE, VIDEO_RATE = 128_000, 3_000_000
"""Bits a second that recordings take, which are the worker's defaults."""

_EXTENSIONS = {
    egress.EncodedFileType.MP4: ".mp4",
    egress.EncodedFileType.OGG: ".ogg",
    egress.EncodedFileType.MP3: ".mp3",
}
_KNOWN_EXTENSION = re.compile(r"\.(raw|ogg|mp3|ivf|mp4|ts|webm|m3u8|jpeg)$")
_TRACK_EXTENSIONS = {"audio": ".ogg", "video/H264": ".mp4"}
_SCHEMES = {
    "rtmp": "rtmp",
    "rtmps": "rtmp",
    "mux": "rtmp",
    "twitch": "rtmp",
    "srt": "srt",
    "ws": "ws",
    "wss": "ws",
}
_SERVICES = {"mux": "rtmps://global-live.mux.com:443/app/", "twitch": "rtmp://live.twitch.tv/app/"}
_RTMP_FORMAT = "rtmp urls must be of format rtmp(s)://{host}(/{path})/{app}/{stream_key}( live=1)"


class Results:
    """The results of one job, kept inside its ``info``; times are in nanoseconds since 1970."""

    def __init__(self, info: egress.EgressInfo, plan: Plan, track: models.TrackInfo | None = None) -> None:
        """Adds what is known before anything is recorded. Raises TwirpError for addresses of no use."""
        self._info = info
        self._plan = plan
        self._words = _placeholders(info, plan, track)
        self._track = track
        self._urls: list[str] = []
        self._began = 0
        for output in plan.outputs:
            getattr(self, f"_add_{output.kind}")(output)
        self._mirror()

    @property
    def streams(self) -> bool:
        """Whether there is a stream output, without which none can be added."""
        return any(output.kind == "stream" for output in self._plan.outputs)

    @property
    def only_ended_streams(self) -> bool:
        """Whether all that was recorded into has ended."""
        running = [one for one in self._info.stream_results if one.status == egress.StreamInfo.ACTIVE]
        return not running and all(output.kind == "stream" for output in self._plan.outputs)

    def begin(self, now: int | None = None) -> None:
        """It records from now on."""
        info = self._info
        self._began = now or time.time_ns()
        for results in (info.file_results, info.segment_results, info.image_results, info.stream_results):
            for result in results:
                result.started_at = self._began
        self._mirror()

    def finish(self, now: int | None = None, *, failed: bool = False) -> None:
        """It has ended: durations, sizes and locations are known, unless it failed."""
        info, now = self._info, now or time.time_ns()
        seconds = (now - self._began) / 1e9 if self._began else 0.0
        for index, stream in enumerate(info.stream_results):
            if stream.status == egress.StreamInfo.ACTIVE:
                self._end_stream(index, failed=failed)
        if failed or not self._began:
            self._mirror()
            return
        size = max(1, int(seconds * (AUDIO_RATE * self._plan.audio + VIDEO_RATE * self._plan.video) / 8))
        for output in self._plan.outputs:
            self._finish_output(output, now, seconds, size)
        self._mirror()

    def add_stream(self, url: str) -> None:
        """Stream to one more address. Raises TwirpError if it is not of the kind of the first."""
        scheme, _, rest = url.partition("://")
        config = next(output.config for output in self._plan.outputs if output.kind == "stream")
        wanted = (
            _SCHEMES.get(config.urls[0].partition("://")[0]) if config.urls else _PROTOCOLS[config.protocol]
        )
        if _SCHEMES.get(scheme) is None and not self._urls:
            raise bad_url(url, "invalid protocol")
        if _SCHEMES.get(scheme) != wanted:
            raise bad_url(url, "invalid scheme")
        shown: str | None = url
        if wanted == "rtmp":
            shown = redact_stream_key(_SERVICES[scheme] + rest if scheme in _SERVICES else url)
        if shown is None:
            raise bad_url(url, _RTMP_FORMAT)
        self._urls.append(url)
        self._info.stream_results.add(
            url=shown, status=egress.StreamInfo.ACTIVE, started_at=time.time_ns() if self._began else 0
        )
        self._mirror()

    def remove_stream(self, url: str) -> bool:
        """Stop streaming to an address; False if it is none of this job's."""
        if url not in self._urls:
            return False
        self._end_stream(self._urls.index(url))
        self._mirror()
        return True

    def _add_stream(self, output: Output) -> None:
        for url in output.config.urls:
            self.add_stream(url)

    def _add_file(self, output: Output) -> None:
        extension = self._extension(output.config)
        path = self._fill(output.config.filepath)
        if not path or path.endswith("/"):
            path += self._default_name() + extension
        elif not path.endswith(extension):
            path = _KNOWN_EXTENSION.sub("", path) + extension
        self._info.file_results.add(filename=path)

    def _add_segments(self, output: Output) -> None:
        playlist = _KNOWN_EXTENSION.sub("", self._fill(output.config.playlist_name))
        prefix = self._fill(output.config.filename_prefix)
        if not playlist or playlist.endswith("/"):
            playlist += posixpath.basename(prefix) or self._default_name()
        folder = posixpath.dirname(playlist) or posixpath.dirname(prefix)
        live = _KNOWN_EXTENSION.sub("", self._fill(output.config.live_playlist_name))
        self._info.segment_results.add(
            playlist_name=posixpath.join(folder, posixpath.basename(playlist) + ".m3u8"),
            live_playlist_name=posixpath.join(folder, posixpath.basename(live) + ".m3u8") if live else "",
        )

    def _add_images(self, output: Output) -> None:
        self._info.image_results.add(filename_prefix=self._fill(output.config.filename_prefix))

    def _finish_output(self, output: Output, now: int, seconds: float, size: int) -> None:
        info, config, path = self._info, output.config, ""
        if output.kind == "file":
            file = info.file_results[0]
            file.ended_at, file.duration, file.size = now, now - self._began, size
            path, file.location = file.filename, location(output.storage, file.filename)
        elif output.kind == "segments":
            hls = info.segment_results[0]
            hls.ended_at, hls.duration, hls.size = now, now - self._began, size
            hls.segment_count = int(seconds // (config.segment_duration or 4)) + 1
            path, hls.playlist_location = hls.playlist_name, location(output.storage, hls.playlist_name)
            if hls.live_playlist_name:
                hls.live_playlist_location = location(output.storage, hls.live_playlist_name)
        elif output.kind == "images":
            nth = [one for one in self._plan.outputs if one.kind == "images"].index(output)
            images = info.image_results[nth]
            images.ended_at = now
            images.image_count = int(seconds // (config.capture_interval or 10)) + 1
            path = images.filename_prefix
        if output.kind != "stream" and not config.disable_manifest:
            manifest = posixpath.join(posixpath.dirname(path), f"{info.egress_id}.json")
            info.manifest_location = location(output.storage, manifest)

    def _end_stream(self, index: int, *, failed: bool = False) -> None:
        stream, now = self._info.stream_results[index], time.time_ns()
        stream.status = egress.StreamInfo.FAILED if failed else egress.StreamInfo.FINISHED
        stream.started_at = stream.started_at or now
        stream.ended_at, stream.duration = now, now - stream.started_at

    def _mirror(self) -> None:
        """Repeat a result that is the only kind there is, where older clients look for it."""
        info, kinds = self._info, {output.kind for output in self._plan.outputs}
        if kinds == {"file"}:
            info.file.CopyFrom(info.file_results[0])
        elif kinds == {"segments"}:
            info.segments.CopyFrom(info.segment_results[0])
        elif kinds == {"stream"}:
            info.stream.CopyFrom(egress.StreamInfoList(info=info.stream_results))

    def _extension(self, config: Any) -> str:
        if self._track is not None:
            kind = self._track.mime_type
            return _TRACK_EXTENSIONS.get(kind) or _TRACK_EXTENSIONS.get(kind.partition("/")[0], ".webm")
        file_type: Any = 0 if isinstance(config, egress.DirectFileOutput) else config.file_type
        return _EXTENSIONS.get(file_type, ".mp4" if self._plan.video else ".ogg")

    def _fill(self, path: str) -> str:
        for name, value in self._words.items():
            path = path.replace(name, value)
        return _clean(path)

    def _default_name(self) -> str:
        subject = self._track.sid if self._track else self._plan.identity or self._info.room_name or "web"
        return f"{subject}-{self._words['{time}']}"


def location(storage: Any, path: str) -> str:
    """Where an upload ends up: a URL, or the path itself on a worker's own disk."""
    match storage:
        case egress.S3Upload():
            endpoint = storage.endpoint or "s3.amazonaws.com"
            if not storage.force_path_style:
                return f"https://{storage.bucket}.{endpoint}/{path}"
            base = endpoint if endpoint.startswith("http") else f"https://{endpoint}"
            return f"{base}/{storage.bucket}/{path}"
        case egress.GCPUpload():
            return f"https://{storage.bucket}.storage.googleapis.com/{path}"
        case egress.AzureBlobUpload():
            return f"https://{storage.account_name}.blob.core.windows.net/{storage.container_name}/{path}"
        case egress.AliOSSUpload():
            return f"https://{storage.bucket}.{storage.endpoint}/{path}"
    return path


def _placeholders(info: egress.EgressInfo, plan: Plan, track: models.TrackInfo | None) -> Mapping[str, str]:
    now = time.time()
    local = time.localtime(now)
    words = {
        "{time}": time.strftime("%Y-%m-%dT%H%M%S", local),
        "{utc}": time.strftime("%Y%m%d%H%M%S", local) + f"{int(now * 1000) % 1000:03d}",
    }
    if info.room_name:
        words |= {"{room_name}": info.room_name, "{room_id}": info.room_id}
    if plan.identity:
        words["{publisher_identity}"] = plan.identity
    if track is not None:
        words |= {
            "{track_id}": track.sid,
            "{track_type}": enum_name(track, "type").lower(),
            "{track_source}": enum_name(track, "source").lower(),
        }
    return words


def _clean(path: str) -> str:
    """The path without what would lead out of the storage."""
    if not path:
        return ""
    folder = "/" if path.endswith("/") else ""
    path = posixpath.normpath(path)
    while path.startswith("../"):
        path = path[3:]
    return "" if path in (".", "..") else path + folder


_PROTOCOLS = {
    egress.StreamProtocol.RTMP: "rtmp",
    egress.StreamProtocol.SRT: "srt",
}
