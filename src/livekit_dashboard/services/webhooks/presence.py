"""Who is in which room, according to webhooks."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

# Participants that are kept. The oldest are dropped first: their leave is the most likely to have been lost.
KEPT = 10_000
LEFT = ("participant_left", "participant_connection_aborted")


@dataclass(frozen=True)
class Present:
    """A participant that joined and didn't leave, according to webhooks."""

    room: str
    identity: str
    kind: str


class Presence:
    """Kept apart from the events themselves: a busy room pushes the joins of all others out of those."""

    def __init__(self) -> None:
        self._there: OrderedDict[tuple[str, str], Present] = OrderedDict()

    def tell(self, event: str, room: str, identity: str, kind: str) -> None:
        """Takes notice of an event, in the order in which they come."""
        who = (room, identity)
        # Events about tracks name participants too, but not what kind they are.
        if event == "participant_joined":
            self._there[who] = Present(room, identity, kind)
            self._there.move_to_end(who)
            if len(self._there) > KEPT:
                self._there.popitem(last=False)
        elif event in LEFT:
            self._there.pop(who, None)
        elif event == "room_finished":
            for there in [there for there in self._there if there[0] == room]:
                del self._there[there]

    def known(self) -> Sequence[Present]:
        """Those who joined last come first."""
        return list(reversed(self._there.values()))
