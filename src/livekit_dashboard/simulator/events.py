"""What happens in a world, told to whom it concerns: as webhook events, which is how the server tells it."""

import time
from collections.abc import Callable
from typing import Any

from livekit.protocol import webhook

from .messages import new_id

Listener = Callable[[webhook.WebhookEvent], None]


class Events:
    """Tells every listener of every event, in the order they came in, before ``emit`` returns."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """Tell someone of all events from now on."""
        self._listeners.append(listener)

    def emit(self, name: str, **about: Any) -> None:
        """Something has happened; ``about`` are fields of WebhookEvent, which are copied."""
        event = webhook.WebhookEvent(event=name, id=new_id("EV_"), created_at=int(time.time()), **about)
        for listener in self._listeners:
            listener(event)
