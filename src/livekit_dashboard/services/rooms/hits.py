"""Who is hit when rooms are closed: counted in each room, because the counts in LiveKit's list of rooms lag."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.participants.participants import Participants

from .rooms import Room, Rooms
from .scan import MOST, look_through


@dataclass(frozen=True)
class RoomHit:
    """An open room, and what closing it ends."""

    name: str
    participants: int  # Agents and hidden participants too; not what records the room.
    publishers: int
    calls: int  # Phone calls among the participants.
    recording: bool
    exact: bool  # Whether participants were counted just now. Else LiveKit's counts, up to 5 s old, and no calls.

    @property
    def occupied(self) -> bool:
        """Whether closing it disconnects a participant or ends a recording."""
        return bool(self.participants or self.recording)


async def hits(rooms: Rooms, participants: Participants, names: Sequence[str]) -> list[RoomHit]:
    """Those of the rooms that are open, occupied ones first, the fullest of them first.

    One call for the list, and one for each of the first 200 rooms. Raises LiveKitError.
    """
    listed = sorted(await rooms.list(names), key=_likely) if names else []
    look = await look_through(participants, listed, MOST, lambda person: person.kind != "egress")
    there: dict[str, list[Participant]] = {name: [] for name in look.into}
    for person in look.people:
        there[person.room].append(person)
    found = [_counted(room, there[room.name]) if room.name in there else _listed(room) for room in listed]
    return sorted(found, key=lambda hit: (-hit.participants, not hit.recording, hit.name))


def _likely(room: Room) -> tuple[int, bool, str]:
    return (-room.participants, not room.recording, room.name)


def _counted(room: Room, people: Iterable[Participant]) -> RoomHit:
    people = list(people)
    publishers = sum(person.publishing for person in people)
    calls = sum(person.kind == "sip" for person in people)
    return RoomHit(room.name, len(people), publishers, calls, room.recording, exact=True)


def _listed(room: Room) -> RoomHit:
    return RoomHit(room.name, room.participants, room.publishers, 0, room.recording, exact=False)
