"""Real participants, and what the real server says of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Self, TypeVar

from livekit import api, rtc
from livekit.protocol import models

from livekit_dashboard.demo.participants import Person
from livekit_dashboard.demo.scene import SceneRoom
from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.demo.telephony import with_telephony
from tests.livekit_server import forget_telephony

SOON = 15.0
"""Seconds in which anything must have happened, on a busy machine."""

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], within: float = SOON) -> T:
    """What `look` gives as soon as that is true; the server tells nobody when it is."""
    async with asyncio.timeout(within):
        while not (found := await look()):
            await asyncio.sleep(0.05)
    return found


def event(person: Person, name: str) -> "asyncio.Future[tuple[Any, ...]]":
    """The arguments of the next rtc event of this name, as the participant's own app gets them."""
    future: asyncio.Future[tuple[Any, ...]] = asyncio.get_running_loop().create_future()

    def happened(*args: Any) -> None:
        if not future.done():
            future.set_result(args)

    person.room.on(name, happened)
    return future


async def happens(future: "asyncio.Future[T]") -> T:
    """Waits for an event."""
    async with asyncio.timeout(SOON):
        return await future


class People:
    """Lets people join the server's rooms, and asks the server about them with the SDK."""

    def __init__(self, server: LiveKitServer, lk: api.LiveKitAPI, stack: AsyncExitStack) -> None:
        self.server = server
        self.lk = lk
        self._stack = stack

    @classmethod
    @asynccontextmanager
    async def on(cls, server: LiveKitServer) -> AsyncIterator[Self]:
        """Who joins through it leaves at the end, and every room closes."""
        async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as lk:
            async with AsyncExitStack() as stack:
                yield cls(server, lk, stack)
            for room in (await lk.room.list_rooms(api.ListRoomsRequest())).rooms:
                # At times the server leaves a room behind that no node has: it has to be opened to be closed.
                await lk.room.create_room(api.CreateRoomRequest(name=room.name))
                await lk.room.delete_room(api.DeleteRoomRequest(room=room.name))

    async def join(
        self,
        room: str,
        identity: str,
        *,
        name: str = "",
        metadata: str = "",
        attributes: Mapping[str, str] | None = None,
        microphone: bool = False,
        camera: bool = False,
        auto_subscribe: bool = False,
        kind: str = "standard",
    ) -> Person:
        """Someone who is in the room until the test ends; returns when the server lists all they publish."""
        grants = api.VideoGrants(room_join=True, room=room, can_update_own_metadata=True)
        token = (
            api.AccessToken(self.server.api_key, self.server.api_secret)
            .with_identity(identity)
            .with_name(name)
            .with_kind(kind)
            .with_metadata(metadata)
            .with_attributes(dict(attributes or {}))
            .with_grants(grants)
        )
        return await self.join_with(token.to_jwt(), room, identity, microphone, camera, auto_subscribe)

    async def join_with(
        self,
        jwt: str,
        room: str,
        identity: str,
        microphone: bool = False,
        camera: bool = False,
        auto_subscribe: bool = False,
    ) -> Person:
        """As `join`, with a token made elsewhere."""
        person = Person(self.server.ws_url, jwt, auto_subscribe=auto_subscribe)
        await self._stack.enter_async_context(person)
        if microphone:
            await person.publish_microphone()
        if camera:
            await person.publish_camera()

        async def there() -> bool:
            info = await self.find(room, identity)
            active = info is not None and info.state == models.ParticipantInfo.ACTIVE
            return active and info is not None and len(info.tracks) == microphone + camera

        await eventually(there)
        return person

    async def get(self, room: str, identity: str) -> models.ParticipantInfo:
        """What the server knows of someone who is there."""
        return await self.lk.room.get_participant(api.RoomParticipantIdentity(room=room, identity=identity))

    async def find(self, room: str, identity: str) -> models.ParticipantInfo | None:
        """The same of someone who may not be there."""
        answer = await self.lk.room.list_participants(api.ListParticipantsRequest(room=room))
        return next((person for person in answer.participants if person.identity == identity), None)

    async def track(self, room: str, identity: str, source: rtc.TrackSource.ValueType) -> models.TrackInfo:
        """The track of someone that comes from this source."""
        info = await self.get(room, identity)
        return next(track for track in info.tracks if track.source == source)

    async def open(self, *names: str, **fields: Any) -> None:
        """Opens rooms with nobody in them."""
        for name in names:
            await self.lk.room.create_room(api.CreateRoomRequest(name=name, **fields))

    async def feed(self, name: str, **fields: Any) -> None:
        """An ingress, which is deleted at the end."""
        made = await self.lk.ingress.create_ingress(api.CreateIngressRequest(name=name, **fields))
        gone = api.DeleteIngressRequest(ingress_id=made.ingress_id)
        self._stack.push_async_callback(self.lk.ingress.delete_ingress, gone)

    async def dispatch(self, room: str, agent_name: str, **fields: Any) -> None:
        """Asks for an agent; nobody comes."""
        request = api.CreateAgentDispatchRequest(room=room, agent_name=agent_name, **fields)
        await self.lk.agent_dispatch.create_dispatch(request)

    async def telephony(self, room: SceneRoom, other: str) -> None:
        """The demo's trunks and rules, one more of each with another name, and the phones of a room; until the end."""
        self._stack.push_async_callback(forget_telephony, self.lk)
        (room,) = await with_telephony(self.lk, [room])
        trunk = api.SIPOutboundTrunkInfo(name=other, address="sip.example.org", numbers=["+15550100"])
        made = await self.lk.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=trunk))
        direct = api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name=other))
        rule = api.SIPDispatchRuleInfo(name=other, trunk_ids=[made.sip_trunk_id], rule=direct)
        await self.lk.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=rule))
        for guest in room.guests:
            if guest.kind == "sip":
                await self.join(
                    room.name, guest.identity, name=guest.name, attributes=guest.attributes, kind="sip"
                )

    async def room(self, name: str) -> models.Room | None:
        """The room as the server lists it, or None if it isn't open."""
        answer = await self.lk.room.list_rooms(api.ListRoomsRequest(names=[name]))
        return next(iter(answer.rooms), None)

    async def counted(self, name: str, people: int) -> None:
        """Waits until the list of rooms says so too: its count of people lags by seconds."""

        async def says_so() -> bool:
            room = await self.room(name)
            return room is not None and room.num_participants == people

        await eventually(says_so)
