"""Participants of many rooms. LiveKit lists them by room, so a scan costs a call for each room and is bounded."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livekit_dashboard.services.bulk import AT_ONCE
from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.participants.participants import Participants

from .rooms import Room

MOST = 200  # Rooms of a full scan.


@dataclass(frozen=True)
class Look:
    """What a scan of rooms found, and what it cost."""

    people: Sequence[Participant]
    looked: int  # Rooms that were scanned, a call each.
    rooms: int  # Rooms that might have been.
    into: frozenset[str] = frozenset()  # The names of those that were.

    @property
    def complete(self) -> bool:
        return self.looked == self.rooms


async def look_through(
    participants: Participants, rooms: Sequence[Room], most: int, wanted: Callable[[Participant], bool]
) -> Look:
    """The wanted participants of the first `most` rooms, in their order; ten rooms at a time. Raises LiveKitError."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(room: Room) -> list[Participant]:
        async with gate:
            return [person for person in await participants.list(room.name) if wanted(person)]

    looked = rooms[:most]
    tasks = [asyncio.create_task(one(room)) for room in looked]
    try:
        found = await asyncio.gather(*tasks)
    finally:
        # After one has failed the others would, too: no call more.
        for task in tasks:
            task.cancel()
    into = frozenset(room.name for room in looked)
    return Look([person for people in found for person in people], len(looked), len(rooms), into)
