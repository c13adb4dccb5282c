"""Logs lost webhooks, refused here or dropped by LiveKit: a line when a kind of loss begins and one when it ends."""

import logging
import time
from dataclasses import dataclass

from livekit_dashboard.services.errors.outages import one_line

logger = logging.getLogger(__name__)

# Seconds without another loss of its kind after which the next good webhook ends it. The address is open to everyone,
# so this also bounds how many lines a stranger can cause.
QUIET = 60.0


@dataclass
class _Loss:
    since: float
    latest: float
    count: int = 0


class Losses:
    """The kinds of loss under way."""

    def __init__(self) -> None:
        self._open: dict[str, _Loss] = {}

    def lost(self, kind: str, sentence: str, count: int = 1) -> None:
        """`count` webhooks were lost. The first loss of its kind is logged as a warning with the sentence."""
        now = time.monotonic()
        if kind not in self._open:
            self._open[kind] = _Loss(now, now)
            logger.warning("%s", one_line(sentence))
        loss = self._open[kind]
        loss.latest = now
        loss.count += count

    def arrived(self) -> None:
        """A good webhook arrived, which ends every loss that has been quiet for a while."""
        if not self._open:
            return
        now = time.monotonic()
        for kind, loss in list(self._open.items()):
            if now - loss.latest >= QUIET:
                del self._open[kind]
                logger.info(
                    "Webhooks arrive again. Lost in %.0f s: %d (%s).", now - loss.since, loss.count, kind
                )
