"""One face for two servers: what differs between the real one and the simulator is here alone."""

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Literal, TypeVar

import aiohttp
import jwt
import pytest
from google.protobuf.message import Message
from livekit import api, rtc
from livekit.api.twirp_client import TwirpClient
from livekit.protocol import models
from livekit.protocol.room import PerformRpcRequest, PerformRpcResponse
from redis.asyncio import Redis

from livekit_dashboard.simulator import World
from tests.claims import dated
from tests.livekit_server import real_server, simulated_server

Source = Literal["camera", "microphone"]
Answer = TypeVar("Answer", bound=Message)
_names = itertools.count()


class Backend(ABC):
    """A server under test. ``api`` is the unmodified SDK, ``http`` talks to it without."""

    def __init__(
        self, url: str, key: str, secret: str, lk: api.LiveKitAPI, http: aiohttp.ClientSession
    ) -> None:
        self.url, self.key, self.secret = url, key, secret
        self.api, self.http = lk, http

    @abstractmethod
    async def join(
        self,
        room: str,
        identity: str,
        *,
        name: str = "",
        kind: api.AccessToken.ParticipantKind = "standard",
        metadata: str = "",
        attributes: Mapping[str, str] | None = None,
        hidden: bool = False,
    ) -> None:
        """Let someone join; returns when they have."""

    @abstractmethod
    async def publish(self, room: str, identity: str, source: Source) -> str:
        """Let them publish; returns the track's id once the server lists it."""

    @abstractmethod
    async def leave_behind(self, room: str) -> None:
        """Let the server's nodes forget a room that stays listed, as happens at times when a room ends."""

    @abstractmethod
    async def on_rpc(self, room: str, identity: str, method: str, answer: Callable[[str], str]) -> None:
        """Let them answer an RPC method."""

    @abstractmethod
    async def leave_all(self) -> None:
        """Let everyone leave who has joined."""

    def new_room(self) -> str:
        """A room name that no other test uses."""
        return f"contract-{next(_names)}"

    def token(self, video: Any = None, **claims: Any) -> str:
        """A token signed as it should be; ``claims`` are added as ``dated`` says."""
        times = {"nbf": timedelta(), "exp": timedelta(minutes=10)}
        standard = {"iss": self.key, "sub": "contract", **times, "video": video or {}}
        return jwt.encode(dated({**standard, **claims}), self.secret, "HS256")

    async def post(
        self, method: str, body: bytes | str, *, token: str | None = None, **headers: str
    ) -> tuple[int, str, bytes]:
        """A raw JSON call; gives status, content type and body."""
        sent = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        async with self.http.post(f"{self.url}/twirp/livekit.{method}", data=body, headers=sent) as answer:
            return answer.status, answer.headers.get("Content-Type", ""), await answer.read()

    async def raw(self, method: str, request: Message, response: type[Answer]) -> Answer:
        """A call of RoomService by the SDK's own client, as admin of the request's room."""
        grants = api.VideoGrants(room_admin=True, room=request.room)  # type: ignore[attr-defined]
        token = api.AccessToken(self.key, self.secret).with_grants(grants).to_jwt()
        client = TwirpClient(self.http, self.url, "livekit")
        headers = {"Authorization": f"Bearer {token}"}
        return await client.request("RoomService", method, request, headers, response)

    async def sip(self, method: str, request: Message, response: type[Answer]) -> Answer:
        """A call of SIP that the SDK has no function for, or none that sends all of it."""
        token = api.AccessToken(self.key, self.secret).with_sip_grants(api.SIPGrants(admin=True)).to_jwt()
        client = TwirpClient(self.http, self.url, "livekit")
        return await client.request("SIP", method, request, {"Authorization": f"Bearer {token}"}, response)

    async def perform_rpc(self, room: str, identity: str, method: str, payload: str) -> str:
        """Calls a participant's RPC method, for which the SDK has no function; gives its answer."""
        request = PerformRpcRequest(room=room, destination_identity=identity, method=method, payload=payload)
        return (await self.raw("PerformRpc", request, PerformRpcResponse)).payload

    async def get(self, path: str, **params: str) -> tuple[int, str]:
        """A plain GET; gives status and text."""
        async with self.http.get(self.url + path, params=params) as answer:
            return answer.status, await answer.text()


class SimulatorBackend(Backend):
    """The simulator: things happen by telling its world."""

    world: World

    async def join(
        self,
        room: str,
        identity: str,
        *,
        name: str = "",
        kind: api.AccessToken.ParticipantKind = "standard",
        metadata: str = "",
        attributes: Mapping[str, str] | None = None,
        hidden: bool = False,
    ) -> None:
        permission = models.ParticipantPermission(
            can_subscribe=True, can_publish=True, can_publish_data=True, hidden=hidden
        )
        self.world.join(
            room,
            identity,
            name=name,
            kind=kind.upper(),  # type: ignore[arg-type]
            metadata=metadata,
            attributes=attributes,
            permission=permission,
        )

    async def publish(self, room: str, identity: str, source: Source) -> str:
        return self.world.publish(room, identity, source, width=640, height=360, layers=2).sid

    async def leave_behind(self, room: str) -> None:
        self.world.left_behind.add(room)

    async def on_rpc(self, room: str, identity: str, method: str, answer: Callable[[str], str]) -> None:
        self.world.on_rpc(room, identity, method, answer)

    async def leave_all(self) -> None:
        for room in list(self.world.rooms):
            for person in self.world.participants(room):
                self.world.leave(room, person.identity)


class RealBackend(Backend):
    """The real server: people join and publish with LiveKit's own client."""

    redis_address: str

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._rooms: dict[tuple[str, str], rtc.Room] = {}
        self._feeds: list[asyncio.Task[None]] = []

    async def join(
        self,
        room: str,
        identity: str,
        *,
        name: str = "",
        kind: api.AccessToken.ParticipantKind = "standard",
        metadata: str = "",
        attributes: Mapping[str, str] | None = None,
        hidden: bool = False,
    ) -> None:
        token = (
            api.AccessToken(self.key, self.secret)
            .with_identity(identity)
            .with_name(name)
            .with_kind(kind)
            .with_metadata(metadata)
            .with_attributes(dict(attributes or {}))
            .with_grants(api.VideoGrants(room_join=True, room=room, hidden=hidden))
        )
        joined = rtc.Room()
        await joined.connect(self.url, token.to_jwt())
        self._rooms[room, identity] = joined
        await eventually(lambda: self._active(room, identity))

    async def publish(self, room: str, identity: str, source: Source) -> str:
        local = self._rooms[room, identity].local_participant
        if source == "camera":
            video = rtc.VideoSource(640, 360)
            track: rtc.LocalTrack = rtc.LocalVideoTrack.create_video_track(source, video)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=True)
            self._feeds.append(asyncio.create_task(_feed_video(video)))
        else:
            audio = rtc.AudioSource(48000, 1)
            track = rtc.LocalAudioTrack.create_audio_track(source, audio)
            options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
            self._feeds.append(asyncio.create_task(_feed_audio(audio)))
        sid = (await local.publish_track(track, options)).sid
        # The server lists a track when its media arrives, not when it is announced.
        await eventually(lambda: self._listed(room, identity, sid))
        return sid

    async def leave_behind(self, room: str) -> None:
        async with Redis.from_url(f"redis://{self.redis_address}") as store:
            await store.hdel("room_node_map", room)

    async def on_rpc(self, room: str, identity: str, method: str, answer: Callable[[str], str]) -> None:
        async def handle(call: rtc.RpcInvocationData) -> str:
            return answer(call.payload)

        self._rooms[room, identity].local_participant.register_rpc_method(method, handle)

    async def leave_all(self) -> None:
        for feed in self._feeds:
            feed.cancel()
            with suppress(asyncio.CancelledError):
                await feed
        for joined in self._rooms.values():
            await joined.disconnect()
        self._feeds.clear()
        self._rooms.clear()

    async def _active(self, room: str, identity: str) -> bool:
        people = await self.api.room.list_participants(api.ListParticipantsRequest(room=room))
        active = models.ParticipantInfo.ACTIVE
        return any(person.identity == identity and person.state == active for person in people.participants)

    async def _listed(self, room: str, identity: str, sid: str) -> bool:
        person = await self.api.room.get_participant(
            api.RoomParticipantIdentity(room=room, identity=identity)
        )
        return any(track.sid == sid for track in person.tracks)


@asynccontextmanager
async def started(kind: str, *, redis: bool = True, remote_unmute: bool = False) -> AsyncIterator[Backend]:
    """A backend of its own; ``kind`` is "simulator" or "real"."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        if kind == "simulator":
            world = World(redis=redis, remote_unmute=remote_unmute, handshake=0.2)
            simulated = await stack.enter_async_context(simulated_server(world))
            lk = _sdk(simulated.url, simulated.api_key, simulated.api_secret)
            backend: Backend = SimulatorBackend(
                simulated.url,
                simulated.api_key,
                simulated.api_secret,
                await stack.enter_async_context(lk),
                http,
            )
            assert isinstance(backend, SimulatorBackend)
            backend.world = world
        else:
            config = {"room": {"enable_remote_unmute": remote_unmute}, "logging": {"level": "warn"}}
            server = await stack.enter_async_context(real_server(redis=redis, config=config))
            lk = _sdk(server.url, server.api_key, server.api_secret)
            backend = RealBackend(
                server.url, server.api_key, server.api_secret, await stack.enter_async_context(lk), http
            )
            backend.redis_address = server.redis_address
        stack.push_async_callback(backend.leave_all)
        yield backend


def _sdk(url: str, key: str, secret: str) -> api.LiveKitAPI:
    return api.LiveKitAPI(url, key, secret)


async def eventually(condition: Callable[[], Awaitable[bool]], timeout: float = 15.0) -> None:
    """Return once the condition holds; the server tells nobody when it does."""
    async with asyncio.timeout(timeout):
        while not await condition():
            await asyncio.sleep(0.05)


async def failure(call: Awaitable[object]) -> tuple[int, str, str]:
    """The status, code and message that a call fails with."""
    with pytest.raises(api.ServerError) as caught:
        await call
    return caught.value.status, caught.value.code, caught.value.message


async def _feed_video(source: rtc.VideoSource) -> None:
    frame = rtc.VideoFrame(640, 360, rtc.VideoBufferType.RGBA, bytes(640 * 360 * 4))
    while True:
        source.capture_frame(frame)
        await asyncio.sleep(1 / 15)


async def _feed_audio(source: rtc.AudioSource) -> None:
    while True:
        # Waits by itself until the source's queue has room.
        await source.capture_frame(rtc.AudioFrame(bytes(480 * 2), 48000, 1, 480))
