"""Logs when LiveKit stops answering and when it answers again: one line per change, not per failed call."""

import logging
import time
from dataclasses import dataclass, field

from .tree import LiveKitError

logger = logging.getLogger(__name__)

# Seconds without another failure of its kind after which any answer ends an outage. A call that failed may never be
# made again, and one that fails while others work must not end its own outage every two seconds.
QUIET = 10.0


@dataclass
class _Outage:
    """One kind of failure, from the first to the last."""

    title: str
    since: float
    latest: float
    calls: set[str] = field(default_factory=set)


class Outages:
    """The outages under way, one for each kind of error."""

    def __init__(self, server: str) -> None:
        """`server` is the address that the log names."""
        self._server = server
        self._open: dict[str, _Outage] = {}

    def failed(self, call: str, error: LiveKitError) -> None:
        """A call (`Service/Method`) failed. The first failure of its kind is logged as a warning."""
        if not error.outage:
            self.answered(call)
            return
        now = time.monotonic()
        outage = self._open.get(error.word)
        if outage is None:
            outage = self._open[error.word] = _Outage(error.title, now, now)
            reason = f": {one_line(error.reason)}" if error.reason else ""
            logger.warning("%s%s (%s at %s)", error.title, reason, call, self._server)
        outage.latest = now
        outage.calls.add(call)

    def answered(self, call: str) -> None:
        """A call was answered, so an outage that it was part of is over; that is logged, with how long it took."""
        if not self._open:
            return
        now = time.monotonic()
        for word, outage in list(self._open.items()):
            if call in outage.calls or now - outage.latest >= QUIET:
                del self._open[word]
                logger.info(
                    "LiveKit answers again at %s after %.0f s. It was: %s.",
                    self._server,
                    now - outage.since,
                    outage.title,
                )


def one_line(text: str) -> str:
    """Text from elsewhere as it may stand in a log: no line ends, and nothing that a terminal acts on."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)
