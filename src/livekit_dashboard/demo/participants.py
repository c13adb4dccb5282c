"""Real participants: they join over WebRTC and publish real media. Needs the ``demo`` extra.

One class, for the demo and for the tests::

    async with Person(server.ws_url, token) as ana:
        await ana.publish_microphone()
        await ana.publish_camera()
        ana.room.on("track_subscribed", ...)
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from livekit import rtc

from . import media

CAMERA_SIZE = (640, 360)
CAMERA_FPS = 10
CAMERA_BITRATE = 300_000
SCREEN_SIZE = (1280, 720)
SCREEN_FPS = 2
SCREEN_BITRATE = 600_000

MICROPHONE = rtc.TrackSource.SOURCE_MICROPHONE
CAMERA = rtc.TrackSource.SOURCE_CAMERA
SCREEN = rtc.TrackSource.SOURCE_SCREENSHARE

CODECS = {
    "vp8": rtc.VideoCodec.VP8,
    "vp9": rtc.VideoCodec.VP9,
    "av1": rtc.VideoCodec.AV1,
    "h264": rtc.VideoCodec.H264,
}


class Person:
    """Someone in a room, from ``async with`` on until its end or until the server ends it.

    ``room`` is the rtc.Room, there before the join so that no event is missed. Entering raises
    rtc.ConnectError if the server refuses. Layers of video that no one watches are not encoded.
    """

    def __init__(self, url: str, token: str, *, auto_subscribe: bool = True) -> None:
        self.room = rtc.Room()
        self._url = url
        self._token = token
        self._options = rtc.RoomOptions(auto_subscribe=auto_subscribe, dynacast=True)
        self._tracks: dict[int, rtc.LocalAudioTrack | rtc.LocalVideoTrack] = {}
        self._voices: list[rtc.AudioSource] = []
        self._pumps: list[asyncio.Task[None]] = []
        self._left = asyncio.Event()
        self._reason = rtc.DisconnectReason.UNKNOWN_REASON

    async def __aenter__(self) -> Self:
        self.room.on("disconnected", self._on_disconnected)
        joining = asyncio.create_task(self.room.connect(self._url, self._token, self._options))
        try:
            await asyncio.shield(joining)
        except asyncio.CancelledError:
            # The library ends the process if the result of a join has no task waiting for it.
            with suppress(rtc.ConnectError):
                await joining
            await self.leave()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.leave()

    async def leave(self) -> None:
        """Leaves the room, and ends all publishing. Leaving twice is the same as once."""
        self._left.set()
        for source in self._voices:
            source.clear_queue()  # releases a pump that waits for room in the queue
        # The pumps end by themselves: the library logs an error if a capture is canceled.
        try:
            await asyncio.gather(*self._pumps)
        finally:
            await self.room.disconnect()

    async def gone(self) -> rtc.DisconnectReason.ValueType:
        """Waits until the participant is no longer in the room; returns why, for instance PARTICIPANT_REMOVED."""
        await self._left.wait()
        return self._reason

    async def publish_microphone(self, pitch: float = 220.0) -> rtc.LocalTrackPublication:
        """Speaks in phrases, with pauses; ``pitch`` in Hz."""
        source = rtc.AudioSource(media.SAMPLE_RATE, 1, queue_size_ms=int(media.AUDIO_CHUNK * 2000))
        self._voices.append(source)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        options = rtc.TrackPublishOptions(source=MICROPHONE, dtx=True, red=True)
        return await self._publish(track, options, self._speak(source, media.voice(pitch)))

    async def publish_camera(self, codec: str = "vp8", hue: int = 200) -> rtc.LocalTrackPublication:
        """A moving picture with simulcast layers; ``codec`` is one of CODECS, ``hue`` in degrees tints it."""
        source = rtc.VideoSource(*CAMERA_SIZE)
        track = rtc.LocalVideoTrack.create_video_track("camera", source)
        options = rtc.TrackPublishOptions(
            source=CAMERA,
            simulcast=True,
            video_codec=CODECS[codec],
            video_encoding=rtc.VideoEncoding(max_bitrate=CAMERA_BITRATE, max_framerate=CAMERA_FPS),
        )
        film = media.camera(*CAMERA_SIZE, hue)
        return await self._publish(track, options, self._show(source, film, CAMERA_FPS))

    async def publish_screen(self, codec: str = "vp9") -> rtc.LocalTrackPublication:
        """A page of text, scrolled through; ``codec`` is one of CODECS."""
        source = rtc.VideoSource(*SCREEN_SIZE, is_screencast=True)
        track = rtc.LocalVideoTrack.create_video_track("screen", source)
        options = rtc.TrackPublishOptions(
            source=SCREEN,
            simulcast=False,
            video_codec=CODECS[codec],
            video_encoding=rtc.VideoEncoding(max_bitrate=SCREEN_BITRATE, max_framerate=SCREEN_FPS),
        )
        film = media.document(*SCREEN_SIZE)
        return await self._publish(track, options, self._show(source, film, SCREEN_FPS))

    def muted(self, source: rtc.TrackSource.ValueType = MICROPHONE) -> bool:
        """Whether one's own track is muted, by oneself or by an admin. Raises KeyError as mute() does."""
        return self._tracks[source].muted

    def mute(self, source: rtc.TrackSource.ValueType = MICROPHONE) -> None:
        """Mutes one's own track. Raises KeyError if none of this source is published."""
        self._tracks[source].mute()

    def unmute(self, source: rtc.TrackSource.ValueType = MICROPHONE) -> None:
        """Unmutes one's own track. Raises KeyError if none of this source is published."""
        self._tracks[source].unmute()

    def watch(self, identity: str) -> None:
        """Subscribes to the video of one other, now and later. For participants with ``auto_subscribe`` off."""

        def subscribe(publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant) -> None:
            if participant.identity == identity and publication.kind == rtc.TrackKind.KIND_VIDEO:
                publication.set_subscribed(True)

        self.room.on("track_published", subscribe)
        for participant in self.room.remote_participants.values():
            for publication in participant.track_publications.values():
                subscribe(publication, participant)

    async def _publish(
        self,
        track: rtc.LocalAudioTrack | rtc.LocalVideoTrack,
        options: rtc.TrackPublishOptions,
        pump: Coroutine[None, None, None],
    ) -> rtc.LocalTrackPublication:
        # Media first: a track is announced as live, so it should not be silent when participants arrive.
        self._pumps.append(asyncio.create_task(pump))
        publication = await self.room.local_participant.publish_track(track, options)
        self._tracks[options.source] = track
        return publication

    async def _speak(self, source: rtc.AudioSource, frames: Iterator[rtc.AudioFrame]) -> None:
        while not self._left.is_set():
            await source.capture_frame(next(frames))  # waits while the queue is full: this is the clock
        self._voices.remove(source)
        await source.aclose()

    async def _show(self, source: rtc.VideoSource, frames: Iterator[rtc.VideoFrame], fps: int) -> None:
        while not self._left.is_set():
            source.capture_frame(next(frames))
            await self._left_within(1 / fps)
        await source.aclose()

    async def _left_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._left.wait()
        except TimeoutError:
            return False
        return True

    def _on_disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        self._reason = reason
        self._left.set()
