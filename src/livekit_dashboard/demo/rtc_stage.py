"""Plays a scene on a real server, with participants that publish real media. Needs the ``demo`` extra."""

import asyncio
import datetime
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from livekit import api, rtc
from livekit.rtc.participant import PublishTrackError

from .participants import MICROPHONE, Person
from .play import CannotJoinError, Ending
from .rooms import as_json
from .scene import Guest, SceneRoom

JOINS_AT_ONCE = 3
"""More would only make everyone slow on a small machine: a join is mostly cryptography."""

TOKEN_LIFETIME = datetime.timedelta(minutes=5)
"""A token is needed to join, not to stay."""

_ENDINGS = {
    rtc.DisconnectReason.ROOM_DELETED: Ending.ROOM_CLOSED,
    rtc.DisconnectReason.ROOM_CLOSED: Ending.ROOM_CLOSED,
}


class RtcStage:
    """A stage on the LiveKit server at ``url``."""

    def __init__(self, url: str, api_key: str, api_secret: str) -> None:
        self._url = url
        self._api_key = api_key
        self._api_secret = api_secret
        self._door = asyncio.Semaphore(JOINS_AT_ONCE)
        self._looks = itertools.count()

    @asynccontextmanager
    async def join(self, room: SceneRoom, guest: Guest) -> AsyncIterator["_RtcPresence"]:
        """The guest is in the room and publishes while in this context."""
        person = Person(self._url, self._token(room, guest), auto_subscribe=False)
        try:
            async with self._door:
                await person.__aenter__()
        except rtc.ConnectError as error:
            raise CannotJoinError(error.message) from error
        try:
            await self._publish(person, guest)
            yield _RtcPresence(person)
        finally:
            await person.leave()

    async def _publish(self, person: Person, guest: Guest) -> None:
        look = next(self._looks)  # a voice and a color of its own
        if guest.watches:
            person.watch(guest.watches)
        try:
            if guest.microphone:
                await person.publish_microphone(pitch=130 + 17 * (look % 12))
            if guest.camera:
                await person.publish_camera(guest.camera, hue=47 * look % 360)
            if guest.screen:
                await person.publish_screen(guest.screen)
        except PublishTrackError as error:
            raise CannotJoinError(str(error)) from error

    def _token(self, room: SceneRoom, guest: Guest) -> str:
        grants = api.VideoGrants(
            room_join=True,
            room=room.name,
            can_publish=guest.publishes,
            can_update_own_metadata=True,
            agent=guest.kind == "agent",
        )
        token = (
            api.AccessToken(self._api_key, self._api_secret)
            .with_identity(guest.identity)
            .with_name(guest.name)
            .with_kind(guest.kind)
            .with_metadata(as_json(guest.metadata))
            .with_attributes(dict(guest.attributes))
            .with_grants(grants)
            .with_ttl(TOKEN_LIFETIME)
        )
        return token.to_jwt()


class _RtcPresence:
    def __init__(self, person: Person) -> None:
        self._person = person

    async def gone(self) -> Ending:
        return _ENDINGS.get(await self._person.gone(), Ending.REMOVED)

    def mute(self) -> bool:
        if self._person.muted(MICROPHONE):
            return False
        self._person.mute(MICROPHONE)
        return True

    def unmute(self) -> None:
        self._person.unmute(MICROPHONE)
