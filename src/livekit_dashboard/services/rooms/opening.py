"""Creates a room, and tells a new one from one that was open already.

LiveKit answers CreateRoom with the open room of that name, unchanged, and doesn't say that it created nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .rooms import NewRoom, Room, Rooms

# Settings that the answer reports, and those that it doesn't, in the order of the form.
REPORTED = ("max_participants", "empty_timeout", "departure_timeout", "metadata")
UNREPORTED = (
    "min_playout_delay",
    "max_playout_delay",
    "sync_streams",
    "room_preset",
    "node_id",
    "tags",
    "agents",
    "egress",
)


@dataclass(frozen=True)
class Difference:
    """A setting that the open room doesn't have as requested. `actual` is None for max_participants without a limit."""

    setting: str  # A field of NewRoom.
    requested: int | str
    actual: int | str | None


@dataclass(frozen=True)
class Opened:
    """The room that answers to the name now."""

    room: Room
    existed: bool  # Whether it was open before, so that nothing of the request was applied.
    requested: bool = False  # Whether any setting was, besides the name.
    differences: Sequence[Difference] = ()
    unreported: Sequence[str] = ()  # Requested settings of which LiveKit doesn't report what the room has.

    @property
    def ignored(self) -> bool:
        """Whether something was requested that the room doesn't have, or may not have."""
        return self.existed and bool(self.differences or self.unreported)


async def open_room(rooms: Rooms, new: NewRoom) -> Opened:
    """Creates a room unless one of that name is open. Two calls, one after the other: which rooms are open, then the
    creation. Raises LiveKitError."""
    before = next((room for room in await rooms.list([new.name]) if room.name == new.name), None)
    room = await rooms.create(new)
    existed = before is not None and before.sid == room.sid and not _applied(new, before, room)
    unreported = [name for name in UNREPORTED if getattr(new, name)]
    requested = any(getattr(new, name) for name in (*REPORTED, *UNREPORTED))
    return Opened(room, existed, requested, differences(new, room), unreported)


def differences(new: NewRoom, room: Room) -> list[Difference]:
    """What was requested and differs from the room. Empty and zero leave the choice to LiveKit, so they never differ."""
    pairs = [(name, getattr(new, name), getattr(room, name)) for name in REPORTED]
    return [
        Difference(name, requested, actual)
        for name, requested, actual in pairs
        if requested and requested != actual
    ]


def _applied(new: NewRoom, before: Room, after: Room) -> bool:
    """LiveKit does apply settings to a room that is listed though no node runs it any more: it opens that again."""
    return len(differences(new, after)) < len(differences(new, before))
