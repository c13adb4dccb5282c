"""Who is hit when calls are hung up: the selected calls that are still in progress."""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from .bulk import AT_ONCE
from .call_rooms import is_phone
from .participants import Participant
from .sip_calls import Call, from_participant

if TYPE_CHECKING:
    from .livekit import LiveKit


async def hits(livekit: "LiveKit", wanted: Collection[tuple[str, str]]) -> list[Call]:
    """Those of the pairs of room and identity that are calls, answered ones first, else in the given order.

    One call to LiveKit for each room. Raises LiveKitError.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def phones(room: str) -> list[Participant]:
        async with gate:
            return [person for person in await livekit.participants.list(room) if is_phone(person)]

    rooms = await asyncio.gather(*(phones(room) for room in dict.fromkeys(room for room, _ in wanted)))
    found = {(person.room, person.identity): from_participant(person) for room in rooms for person in room}
    return sorted((found[pair] for pair in wanted if pair in found), key=lambda call: call.status != "active")
