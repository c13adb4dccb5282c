"""Room counts that lag behind, as the server's do."""

import time
from dataclasses import dataclass


@dataclass
class _Count:
    shown: tuple[int, int] = (0, 0)
    true: tuple[int, int] = (0, 0)
    since: float = 0.0


class Counts:
    """Participants and publishers by room, each change shown only ``lag`` seconds after it."""

    def __init__(self, lag: float) -> None:
        self._lag = lag
        self._rooms: dict[str, _Count] = {}

    def set(self, room: str, participants: int, publishers: int) -> None:
        """Note the true figures."""
        count = self._rooms.setdefault(room, _Count())
        if count.true == count.shown:
            count.since = time.monotonic()
        count.true = (participants, publishers)

    def shown(self, room: str) -> tuple[int, int]:
        """The figures the server would give now."""
        count = self._rooms.setdefault(room, _Count())
        if time.monotonic() >= count.since + self._lag:
            count.shown = count.true
        return count.shown

    def forget(self, room: str) -> None:
        """Drop a room that is gone."""
        self._rooms.pop(room, None)
