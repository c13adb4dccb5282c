"""Figures of the whole server, summed from what the rooms tell."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .egress import ActiveEgress
from .errors import LiveKitError
from .rooms import Room

if TYPE_CHECKING:
    from .livekit import LiveKit

BUSIEST = 7
SLOT = 5.0  # Seconds that one bar stands for.
SLOTS = 24


@dataclass(frozen=True)
class Overview:
    """The server as it is now. `egress` is the error where recordings can't be told."""

    rooms: int
    empty: int
    participants: int
    publishers: int
    egress: ActiveEgress | LiveKitError
    busiest: Sequence[Room]
    history: "dict[str, list[float | None]]"
    window: float  # Seconds that the history really covers.


class History:
    """Counts of the last two minutes, as this process saw them; a slot in which nobody looked is a gap."""

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


async def now(livekit: "LiveKit") -> Overview:
    """Reads rooms and active egress. Raises LiveKitError if the rooms can't be read."""
    rooms, egress = await asyncio.gather(livekit.rooms.list(), _egress(livekit))
    counts: dict[str, float] = {
        "rooms": len(rooms),
        "participants": sum(room.participants for room in rooms),
        "publishers": sum(room.publishers for room in rooms),
    }
    if isinstance(egress, ActiveEgress):
        counts["egress"] = egress.total
    livekit.history.add(counts)
    series = {key: livekit.history.series(key) for key in (*counts, "egress")}
    return Overview(
        rooms=len(rooms),
        empty=sum(1 for room in rooms if room.state == "empty"),
        participants=int(counts["participants"]),
        publishers=int(counts["publishers"]),
        egress=egress,
        busiest=sorted(rooms, key=lambda room: (-room.participants, room.name))[:BUSIEST],
        history=series,
        window=len(series["rooms"]) * SLOT,
    )


async def _egress(livekit: "LiveKit") -> ActiveEgress | LiveKitError:
    try:
        return await livekit.egress.active()
    except LiveKitError as error:
        return error
