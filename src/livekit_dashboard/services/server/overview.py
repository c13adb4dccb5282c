"""Figures of the whole server: sums over LiveKit’s list of rooms, and the active recordings.

In that list, participants are without agents and recorders, publishers are with them, and both lag by up to 5 s.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from livekit_dashboard.services.egress.egress import ActiveEgress, Egress
from livekit_dashboard.services.errors.tree import LiveKitError
from livekit_dashboard.services.rooms.rooms import Room, Rooms

BUSIEST = 7
SLOT = 5.0  # Seconds that one bar stands for.
SLOTS = 24


@dataclass(frozen=True)
class Overview:
    """The server as it is now. `egress` is the error where the recordings can't be read."""

    rooms: int
    occupied: int  # Rooms with participants or publishers.
    participants: int
    publishers: int
    egress: ActiveEgress | LiveKitError
    busiest: Sequence[Room]
    history: "dict[str, list[float | None]]"
    window: float  # Seconds that the history really covers.


class History:
    """Counts of the last two minutes, as this process read them; a slot without a reading is a gap."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, dict[str, float]]] = deque(maxlen=SLOTS)

    def add(self, counts: dict[str, float]) -> None:
        slot = int(time.monotonic() / SLOT)
        if self._slots and self._slots[-1][0] == slot:
            self._slots.pop()
        self._slots.append((slot, counts))

    def series(self, key: str) -> "list[float | None]":
        """One value a slot, oldest first, up to now."""
        if not self._slots:
            return []
        last = self._slots[-1][0]
        first = max(self._slots[0][0], last - SLOTS + 1)
        known = dict(self._slots)
        return [known.get(slot, {}).get(key) for slot in range(first, last + 1)]


class Overviews:
    """Reads the overview, and remembers the counts it has read."""

    def __init__(self, rooms: Rooms, egress: Egress) -> None:
        self._rooms = rooms
        self._egress = egress
        self.history = History()

    async def now(self) -> Overview:
        """Reads rooms and active egress. Raises LiveKitError if the rooms can't be read."""
        rooms, egress = await asyncio.gather(self._rooms.list(), self._active())
        counts: dict[str, float] = {
            "rooms": len(rooms),
            "participants": sum(room.participants for room in rooms),
            "publishers": sum(room.publishers for room in rooms),
        }
        if isinstance(egress, ActiveEgress):
            counts["egress"] = egress.total
        self.history.add(counts)
        series = {key: self.history.series(key) for key in (*counts, "egress")}
        return Overview(
            rooms=len(rooms),
            occupied=sum(room.occupied for room in rooms),
            participants=int(counts["participants"]),
            publishers=int(counts["publishers"]),
            egress=egress,
            busiest=sorted(filter(_occupied, rooms), key=_busiest)[:BUSIEST],
            history=series,
            window=len(series["rooms"]) * SLOT,
        )

    async def _active(self) -> ActiveEgress | LiveKitError:
        try:
            return await self._egress.active()
        except LiveKitError as error:
            return error


def _occupied(room: Room) -> bool:
    return room.occupied


def _busiest(room: Room) -> tuple[int, int, str]:
    return (-room.participants, -room.publishers, room.name)
