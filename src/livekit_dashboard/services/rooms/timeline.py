"""What happened in a room while its page was open: from webhooks, and from differences between two readings.

LiveKit keeps no history, and sends no webhook when a participant is muted or edited. So each reading of a watched room
is compared with the one before. All of it is in memory, and dropped a minute after the last reading.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from livekit_dashboard.services.participants.info import Participant, Track
from livekit_dashboard.services.webhooks.webhooks import Event

KEPT = 200  # Moments a room.
ROOMS = 200  # Rooms watched at the same time.
FORGET = 60.0  # Seconds without a look.
# Seconds within which a webhook and a difference are taken for the same thing.
SAME = 15.0

# Webhook events that a difference would show too, by the word of that difference.
TWINS = {
    "participant_joined": "joined",
    "participant_left": "left",
    "track_published": "published",
    "track_unpublished": "unpublished",
}


@dataclass(frozen=True)
class Moment:
    """One event. A difference may have happened any time since the reading before."""

    at: datetime
    what: str
    identity: str
    detail: str
    source: Literal["webhook", "difference"]


@dataclass(frozen=True)
class Timeline:
    """Newest first. Nothing is known of the time before `since`."""

    since: datetime
    moments: Sequence[Moment]


@dataclass
class _Watch:
    since: datetime
    looked: float
    people: Mapping[str, Participant]
    seen: deque[Moment] = field(default_factory=lambda: deque(maxlen=KEPT))


class Timelines:
    """The rooms whose pages are open."""

    def __init__(self) -> None:
        self._watched: OrderedDict[str, _Watch] = OrderedDict()

    def look(self, room: str, people: Sequence[Participant], events: Sequence[Event]) -> Timeline:
        """Compares with the reading before; `events` are the webhooks about this room."""
        now = datetime.now(UTC)
        present = {person.sid: person for person in people}
        watch = self._watched.get(room)
        if watch is None or time.monotonic() - watch.looked > FORGET:
            watch = self._watched[room] = _Watch(now, 0.0, present)
        told = [event for event in events if event.received >= watch.since]
        for moment in _differences(watch.people, present, now):
            if not any(_same(moment, event) for event in told):
                watch.seen.appendleft(moment)
        watch.people, watch.looked = present, time.monotonic()
        self._watched.move_to_end(room)
        if len(self._watched) > ROOMS:
            self._watched.popitem(last=False)
        moments = [*map(_from_event, told), *(seen for seen in watch.seen if not _told_later(seen, told))]
        return Timeline(watch.since, sorted(moments, key=lambda moment: moment.at, reverse=True)[:KEPT])


def _differences(
    before: Mapping[str, Participant], after: Mapping[str, Participant], at: datetime
) -> Iterator[Moment]:
    def moment(person: Participant, what: str, detail: str = "") -> Moment:
        return Moment(at, what, person.identity, detail, "difference")

    for sid in sorted(after.keys() - before.keys()):
        yield moment(after[sid], "joined")
        for track in after[sid].tracks:
            yield moment(after[sid], "published", track.label)
    for sid in sorted(before.keys() - after.keys()):
        yield moment(before[sid], "left")
    for sid in sorted(after.keys() & before.keys()):
        for what, detail in _changes(before[sid], after[sid]):
            yield moment(after[sid], what, detail)


def _changes(before: Participant, after: Participant) -> Iterator[tuple[str, str]]:
    yield from _track_changes(before.tracks, after.tracks)
    for what, old, new in (
        ("state", before.state, after.state),
        ("renamed", before.name, after.name),
        ("permissions", before.may, after.may),
    ):
        if old != new:
            yield what, new
    if before.metadata != after.metadata:
        yield "metadata changed", ""
    keys = {**before.attributes, **after.attributes}
    changed = [key for key in keys if before.attributes.get(key) != after.attributes.get(key)]
    if changed:
        yield "attributes changed", ", ".join(sorted(changed))


def _track_changes(before: Sequence[Track], after: Sequence[Track]) -> Iterator[tuple[str, str]]:
    old = {track.sid: track for track in before}
    new = {track.sid: track for track in after}
    for sid in sorted(new.keys() - old.keys()):
        yield "published", new[sid].label
    for sid in sorted(old.keys() - new.keys()):
        yield "unpublished", old[sid].label
    for sid in sorted(new.keys() & old.keys()):
        if new[sid].muted != old[sid].muted:
            yield ("muted" if new[sid].muted else "unmuted"), new[sid].label


def _from_event(event: Event) -> Moment:
    what = TWINS.get(event.name, event.name.replace("_", " "))
    return Moment(event.received, what, event.identity, event.subject, "webhook")


def _same(moment: Moment, event: Event) -> bool:
    near = abs((moment.at - event.received).total_seconds()) < SAME
    return near and TWINS.get(event.name) == moment.what and event.identity == moment.identity


def _told_later(moment: Moment, told: Sequence[Event]) -> bool:
    """A webhook may come after the look that saw its effect."""
    return any(_same(moment, event) for event in told)
