"""Remembers what this LiveKit server refuses by its configuration or version, so that pages don't offer it again.

LiveKit has no call that reports these; the first refusal does. It is remembered for ten minutes, and forgotten when
LiveKit stops answering: a server that restarts may have another configuration.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from livekit_dashboard.config import Settings
from livekit_dashboard.services.errors.tree import Unsupported

KEEP = 600.0  # Seconds.

Action = Literal["unmute", "move", "forward"]


@dataclass(frozen=True)
class Verdict:
    """Whether an action works on this server; `allowed` is None as long as that isn't known."""

    allowed: bool | None = None
    by_setting: bool = False  # Known from a setting of the dashboard, not from an answer of LiveKit.

    @property
    def refused(self) -> bool:
        """Whether it is known not to work."""
        return self.allowed is False


class Refusals:
    """The latest answers, by action, with the time until which they count."""

    def __init__(self, settings: Settings) -> None:
        self._unmute = {"on": True, "off": False}.get(settings.remote_unmute)
        self._known: dict[Action, tuple[bool, float]] = {}

    def __getitem__(self, action: Action) -> Verdict:
        if action == "unmute" and self._unmute is not None:
            return Verdict(self._unmute, by_setting=True)
        allowed, until = self._known.get(action, (None, 0.0))
        return Verdict(allowed) if time.monotonic() < until else Verdict()

    @contextmanager
    def learn(self, action: Action) -> Iterator[None]:
        """Around the call: notes whether it works. Other failures say nothing about that."""
        try:
            yield
        except Unsupported:
            self._known[action] = (False, time.monotonic() + KEEP)
            raise
        self._known[action] = (True, time.monotonic() + KEEP)

    def forget(self) -> None:
        """Drops what LiveKit answered."""
        self._known.clear()
