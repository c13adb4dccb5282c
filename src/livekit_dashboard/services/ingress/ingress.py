"""Calls of the Ingress service: list, create, change and delete ingresses."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeVar

from livekit import api
from livekit.protocol.ingress import CreateIngressRequest, IngressInfo, IngressInput, IngressState

from livekit_dashboard.services.codecs import codec_name
from livekit_dashboard.services.errors.tree import NotFound
from livekit_dashboard.services.errors.workers import NoIngressWorker, NoWorker
from livekit_dashboard.services.participants.info import Track, track_from_proto
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.stored import MASK, masked_json

from . import media as ingress_media

T = TypeVar("T")
State = Literal["publishing", "buffering", "inactive", "error", "complete", "disabled"]

KINDS = {
    IngressInput.RTMP_INPUT: "rtmp",
    IngressInput.WHIP_INPUT: "whip",
    IngressInput.URL_INPUT: "url",
}
STATES: dict[int, State] = {
    IngressState.ENDPOINT_INACTIVE: "inactive",
    IngressState.ENDPOINT_BUFFERING: "buffering",
    IngressState.ENDPOINT_PUBLISHING: "publishing",
    IngressState.ENDPOINT_ERROR: "error",
    IngressState.ENDPOINT_COMPLETE: "complete",
}
LIVE = ("publishing", "buffering")
# Texts that LiveKit leaves unchanged if they are empty, so they can't be cleared.
TEXTS = ("name", "room_name", "participant_identity", "participant_name", "participant_metadata")


@dataclass(frozen=True)
class Input:
    """The audio or video of the connected stream, as reported by the worker."""

    codec: str
    bps: int
    width: int = 0
    height: int = 0
    fps: float = 0
    channels: int = 0
    sample_rate: int = 0


@dataclass(frozen=True)
class Made:
    """A track that an ingress publishes: its name, source and encoding, in words."""

    name: str
    source: str
    encoding: str


@dataclass(frozen=True)
class Ingress:
    """An ingress as `ListIngress` reports it, without its stream key."""

    id: str
    name: str
    kind: str  # "rtmp", "whip" or "url".
    status: State
    enabled: bool
    reusable: bool  # LiveKit changes no other.
    room: str
    identity: str
    participant_name: str
    metadata: str
    url: str  # Where to send a stream to, or what is pulled; empty where the server's configuration names none.
    transcoding: bool
    audio: Made
    video: Made
    error: str
    audio_in: Input | None
    video_in: Input | None
    tracks: tuple[Track, ...]
    room_sid: str
    started: datetime | None
    ended: datetime | None
    updated: datetime | None

    @property
    def state(self) -> State:
        return self.status if self.enabled or self.live else "disabled"

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def label(self) -> str:
        return self.name or self.id


class Ingresses:
    """The calls of the Ingress service. All raise NeedsRedis on a server without it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self) -> list[Ingress]:
        """All of them, in no order. One call: nothing pages upstream."""
        return [from_proto(info) for info in await self._list(api.ListIngressRequest())]

    async def get(self, ingress_id: str) -> Ingress:
        """Raises NotFound."""
        return from_proto(await self._get(ingress_id))

    async def get_whole(self, ingress_id: str) -> tuple[Ingress, str, str]:
        """The ingress, its stream key, and its protobuf JSON with secrets masked. With the key, anyone can publish
        in the room. Raises NotFound."""
        info = await self._get(ingress_id)
        shown = IngressInfo()
        shown.CopyFrom(info)
        shown.url = shown_url(info)
        return from_proto(info), info.stream_key, masked_json(shown)

    async def settings(self, ingress_id: str) -> IngressInfo:
        """The stored message without its state, which changes constantly. Raises NotFound."""
        settings = IngressInfo()
        # A copy, since answers may be shared.
        settings.CopyFrom(await self._get(ingress_id))
        settings.ClearField("state")
        return settings

    async def create(self, request: CreateIngressRequest) -> Ingress:
        """Raises Invalid with LiveKit's own words, and NoIngressWorker for a URL that no worker fetches."""
        try:
            made = await self._call("CreateIngress", self._session.api.ingress.create_ingress(request))
        except NoWorker as error:
            raise NoIngressWorker.like(error) from error
        return from_proto(made)

    async def change(self, stored: IngressInfo, edit: Callable[[IngressInfo], None]) -> None:
        """Sends only the fields that `edit` changes. Raises NotFound, Invalid."""
        edited = IngressInfo()
        edited.CopyFrom(stored)
        edit(edited)
        changes = _changes(stored, edited)
        if changes.enable_transcoding and stored.bypass_transcoding:
            # LiveKit checks encodings against the transcoding of before, so that has to change first.
            first = api.UpdateIngressRequest(ingress_id=stored.ingress_id, enable_transcoding=True)
            await self._update(first)
            changes.ClearField("enable_transcoding")
        if len(changes.ListFields()) > 1:
            await self._update(changes)

    async def enable(self, ingress_id: str, *, enabled: bool) -> None:
        """Enables or disables. Disabling ends the connected stream and rejects others. Raises NotFound."""
        await self._update(api.UpdateIngressRequest(ingress_id=ingress_id, enabled=enabled))

    async def delete(self, ingress_id: str) -> None:
        """Deletes it: its participant leaves, and its key stops working. Raises NotFound."""
        request = api.DeleteIngressRequest(ingress_id=ingress_id)
        await self._call("DeleteIngress", self._session.api.ingress.delete_ingress(request))

    async def _get(self, ingress_id: str) -> IngressInfo:
        request = api.ListIngressRequest(ingress_id=ingress_id)
        # Without an id LiveKit would list them all.
        found = await self._list(request) if ingress_id else []
        if not found:
            raise NotFound("there is no ingress of that id")
        return found[0]

    async def _list(self, request: api.ListIngressRequest) -> Sequence[IngressInfo]:
        answer = await self._session.read(
            "Ingress/ListIngress", self._session.api.ingress.list_ingress, request
        )
        return answer.items

    async def _update(self, request: api.UpdateIngressRequest) -> None:
        await self._call("UpdateIngress", self._session.api.ingress.update_ingress(request))

    async def _call(self, method: str, awaitable: Awaitable[T]) -> T:
        return await self._session.call(f"Ingress/{method}", awaitable)


def blank(room: str = "") -> CreateIngressRequest:
    """An empty request, or one with a room."""
    return CreateIngressRequest(room_name=room)


def from_proto(info: IngressInfo) -> Ingress:
    """The dataclass for a protobuf message."""
    state = info.state
    return Ingress(
        id=info.ingress_id,
        name=info.name,
        kind=KINDS.get(info.input_type, str(info.input_type)),
        status=STATES.get(state.status, "error"),
        enabled=info.enabled if info.HasField("enabled") else True,
        reusable=info.reusable,
        room=info.room_name,
        identity=info.participant_identity,
        participant_name=info.participant_name,
        metadata=info.participant_metadata,
        url=shown_url(info),
        transcoding=info.enable_transcoding,
        audio=Made(
            info.audio.name,
            ingress_media.source(ingress_media.AUDIO_SOURCES, info.audio.source),
            ingress_media.of_audio(info.audio),
        ),
        video=Made(
            info.video.name,
            ingress_media.source(ingress_media.VIDEO_SOURCES, info.video.source),
            ingress_media.of_video(info.video),
        ),
        error=state.error,
        audio_in=_audio_in(state) if state.HasField("audio") else None,
        video_in=_video_in(state) if state.HasField("video") else None,
        tracks=tuple(map(track_from_proto, state.tracks)),
        room_sid=state.room_id,
        started=_moment(state.started_at),
        ended=_moment(state.ended_at),
        updated=_moment(state.updated_at),
    )


def shown_url(info: IngressInfo) -> str:
    """The URL; of a URL ingress with the password and the SRT passphrase masked."""
    if info.input_type != IngressInput.URL_INPUT:
        return info.url
    hidden = re.sub(r"(://[^/?#@:]*:)[^/?#@]*@", rf"\g<1>{MASK}@", info.url)
    return re.sub(r"([?&]passphrase=)[^&#]*", rf"\g<1>{MASK}", hidden)


def _changes(stored: IngressInfo, edited: IngressInfo) -> api.UpdateIngressRequest:
    request = api.UpdateIngressRequest(ingress_id=stored.ingress_id)
    for name in (*TEXTS, "enable_transcoding", "enabled"):
        if getattr(edited, name) != getattr(stored, name) or (
            name == "enabled" and edited.HasField("enabled") != stored.HasField("enabled")
        ):
            setattr(request, name, getattr(edited, name))
    for name in ("audio", "video"):
        if getattr(edited, name) != getattr(stored, name):
            # An empty one is one too: it takes back what was set.
            getattr(request, name).SetInParent()
            getattr(request, name).CopyFrom(getattr(edited, name))
    return request


def _audio_in(state: IngressState) -> Input:
    audio = state.audio
    return Input(
        codec_name(audio.mime_type),
        audio.average_bitrate,
        channels=audio.channels,
        sample_rate=audio.sample_rate,
    )


def _video_in(state: IngressState) -> Input:
    video = state.video
    return Input(
        codec_name(video.mime_type), video.average_bitrate, video.width, video.height, video.framerate
    )


def _moment(nanoseconds: int) -> datetime | None:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC) if nanoseconds else None
