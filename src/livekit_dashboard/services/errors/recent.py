"""The last failed calls to LiveKit, for the overview. Kept in memory, so a restart clears them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from .tree import LiveKitError

KEPT = 50


@dataclass(frozen=True)
class Failure:
    """One failed call, or several like it in a row. `reason` is LiveKit's own text where it gave one."""

    at: datetime
    call: str
    word: str
    reason: str
    outage: bool
    times: int = 1


class RecentErrors:
    """The last failures, newest first. A failure like the one before is counted, not added."""

    def __init__(self) -> None:
        self.since = datetime.now(UTC)
        self._failures: deque[Failure] = deque(maxlen=KEPT)

    def add(self, error: LiveKitError) -> None:
        times = 1
        if self._failures:
            newest = self._failures[0]
            if (newest.call, newest.word, newest.reason) == (error.report.call, error.word, error.reason):
                times = self._failures.popleft().times + 1
        self._failures.appendleft(
            Failure(error.report.at, error.report.call, error.word, error.reason, error.outage, times)
        )

    def latest(self, count: int = KEPT) -> Sequence[Failure]:
        return list(self._failures)[:count]
