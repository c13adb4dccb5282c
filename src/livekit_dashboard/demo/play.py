"""Plays a scene: participants join rooms, talk, mute, leave and come back."""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from enum import Enum, auto
from typing import Protocol

from .scene import Guest, SceneRoom

log = logging.getLogger(__name__)

TRIES_AGAIN_AFTER = 5.0
"""Seconds after a join that failed; a busy machine or a full room may be the reason."""


class Ending(Enum):
    """Why someone is no longer in a room, if they did not leave of their own accord."""

    REMOVED = auto()
    ROOM_CLOSED = auto()


class CannotJoinError(Exception):
    """The server did not let someone in; the message says why."""


class Presence(Protocol):
    """Someone who is in a room and publishes what they have."""

    async def gone(self) -> Ending:
        """Waits until the server has ended this presence."""
        ...

    def mute(self) -> bool:
        """Mutes their microphone; False if it was muted already, for example by the admin."""
        ...

    def unmute(self) -> None:
        """Unmutes their microphone."""
        ...


class Stage(Protocol):
    """A server on which scenes are played."""

    def join(self, room: SceneRoom, guest: Guest) -> AbstractAsyncContextManager[Presence]:
        """The guest is in the room while in this context. Entering it raises CannotJoinError."""
        ...


async def play(rooms: Iterable[SceneRoom], stage: Stage) -> None:
    """Plays until the task is canceled; all participants have left when it returns.

    Actions of the admin persist: removed or muted participants stay so, and closed rooms stay closed.
    """
    async with asyncio.TaskGroup() as group:
        for room in rooms:
            closed = asyncio.Event()
            for guest in room.guests:
                group.create_task(_attend(stage, room, guest, closed))


async def _attend(stage: Stage, room: SceneRoom, guest: Guest, closed: asyncio.Event) -> None:
    while not closed.is_set():
        try:
            async with stage.join(room, guest) as presence:
                ending = await _be_there(presence, guest)
        except CannotJoinError as error:
            log.info("%s could not join %s: %s", guest.identity, room.name, error)
            await asyncio.sleep(TRIES_AGAIN_AFTER)
            continue
        if ending is Ending.ROOM_CLOSED:
            closed.set()
        if ending or not guest.drifts:
            return
        await asyncio.sleep(guest.drifts.then)


async def _be_there(presence: Presence, guest: Guest) -> Ending | None:
    """Stays as long as the guest's habits and the server allow; None if the guest left by themselves."""
    leaves_after = guest.drifts.first if guest.drifts else None
    try:
        async with asyncio.timeout(leaves_after):
            while guest.mutes:
                if ending := await _gone_within(presence, guest.mutes.first):
                    return ending
                muted = presence.mute()
                if ending := await _gone_within(presence, guest.mutes.then):
                    return ending
                if muted:
                    presence.unmute()
            return await presence.gone()
    except TimeoutError:
        return None


async def _gone_within(presence: Presence, seconds: float) -> Ending | None:
    try:
        async with asyncio.timeout(seconds):
            return await presence.gone()
    except TimeoutError:
        return None
