"""Who is hit when calls are hung up: the selected calls that are still in progress."""

import asyncio
from collections.abc import Collection

from livekit_dashboard.services.bulk import AT_ONCE
from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.participants.participants import Participants

from .call_rooms import is_phone
from .calls import Call, from_participant


async def hits(participants: Participants, wanted: Collection[tuple[str, str]]) -> list[Call]:
    """Those of the pairs of room and identity that are calls, answered ones first, else in the given order.

    One call to LiveKit for each room. Raises LiveKitError.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def phones(room: str) -> list[Participant]:
        async with gate:
            return [person for person in await participants.list(room) if is_phone(person)]

    rooms = await asyncio.gather(*(phones(room) for room in dict.fromkeys(room for room, _ in wanted)))
    found = {(person.room, person.identity): from_participant(person) for room in rooms for person in room}
    return sorted((found[pair] for pair in wanted if pair in found), key=lambda call: call.status != "active")
