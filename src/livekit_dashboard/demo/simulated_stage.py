"""Plays a scene in the simulator: the same participants, without media."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from livekit.protocol import models

from livekit_dashboard.simulator.sip.worker import Call
from livekit_dashboard.simulator.world import Kind, RoomFullError, World

from .play import CannotJoinError, Ending
from .rooms import as_json
from .scene import Guest, SceneRoom

LOOKS_EVERY = 0.5
"""Seconds between two checks whether a participant was removed: the simulator has no event for it."""

_KINDS: Mapping[str, Kind] = {"standard": "STANDARD", "agent": "AGENT", "sip": "SIP"}


class SimulatedStage:
    """A stage in a simulated world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @asynccontextmanager
    async def join(self, room: SceneRoom, guest: Guest) -> AsyncIterator["_SimulatedPresence"]:
        """The guest is listed in the room, with tracks, while in this context."""
        permission = models.ParticipantPermission(
            can_subscribe=True,
            can_publish=guest.publishes,
            can_publish_data=True,
            can_update_metadata=True,
            agent=guest.kind == "agent",
        )
        try:
            person = self._world.join(
                room.name,
                guest.identity,
                name=guest.name,
                kind=_KINDS[guest.kind],
                metadata=as_json(guest.metadata),
                attributes=guest.attributes,
                permission=permission,
            )
        except RoomFullError as error:
            raise CannotJoinError("the room is full") from error
        self._publish(room, guest)
        if guest.kind == "sip":
            number = guest.attributes["sip.phoneNumber"]
            call = Call(guest.attributes["sip.callID"], room.name, person, number, history=["active"])
            self._world.telephony.calls[call.id] = call
        presence = _SimulatedPresence(self._world, room.name, person)
        try:
            yield presence
        finally:
            if presence.is_there():
                self._world.leave(room.name, guest.identity)

    def _publish(self, room: SceneRoom, guest: Guest) -> None:
        publish = self._world.publish
        if guest.microphone:
            publish(room.name, guest.identity, "microphone")
        if guest.camera:
            mime = f"video/{guest.camera.upper()}"
            publish(room.name, guest.identity, "camera", mime=mime, width=640, height=360, layers=2)
        if guest.screen:
            mime = f"video/{guest.screen.upper()}"
            publish(room.name, guest.identity, "screen_share", name="screen", mime=mime, layers=1)


class _SimulatedPresence:
    def __init__(self, world: World, room: str, person: models.ParticipantInfo) -> None:
        self._world = world
        self._room = room
        self._person = person

    def is_there(self) -> bool:
        try:
            return self._world.participant(self._room, self._person.identity) is self._person
        except KeyError:
            return False

    async def gone(self) -> Ending:
        while self.is_there():  # noqa: ASYNC110 - the world has no event to wait for
            await asyncio.sleep(LOOKS_EVERY)
        return Ending.REMOVED if self._room in self._world.rooms else Ending.ROOM_CLOSED

    def mute(self) -> bool:
        if self._microphone().muted:
            return False
        self._set_muted(True)
        return True

    def unmute(self) -> None:
        self._set_muted(False)

    def _set_muted(self, muted: bool) -> None:
        self._microphone().muted = muted
        self._world.touch(self._room, self._person)

    def _microphone(self) -> models.TrackInfo:
        return next(track for track in self._person.tracks if track.source == models.TrackSource.MICROPHONE)
