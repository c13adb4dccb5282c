"""The rooms of a simulated server, who is in them, and what they publish."""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from livekit.protocol import models

from livekit_dashboard.simulator.events import Events
from livekit_dashboard.simulator.messages import new_participant, new_room, new_track

from .counts import Counts

Item = TypeVar("Item")
Source = Literal["camera", "microphone", "screen_share", "screen_share_audio"]
Kind = Literal["STANDARD", "INGRESS", "EGRESS", "SIP", "AGENT"]

_KINDS = {
    "STANDARD": models.ParticipantInfo.STANDARD,
    "INGRESS": models.ParticipantInfo.INGRESS,
    "EGRESS": models.ParticipantInfo.EGRESS,
    "SIP": models.ParticipantInfo.SIP,
    "AGENT": models.ParticipantInfo.AGENT,
}

DEPENDENT_KINDS = frozenset({models.ParticipantInfo.AGENT, models.ParticipantInfo.EGRESS})
"""Kinds that neither count towards num_participants nor take a place in a full room."""


class RoomFullError(Exception):
    """A room with ``max_participants`` takes no more. The real server answers such a join 500."""


@dataclass(frozen=True)
class Limits:
    """The server's default limits, all in bytes of UTF-8."""

    room_name: int = 256
    identity: int = 256
    participant_name: int = 256
    metadata: int = 524288
    attributes: int = 65536


class Rooms:
    """Rooms and participants; whatever happens to them is told to ``events``.

    Methods raise KeyError for a room or participant that does not exist.
    """

    def __init__(self, *, count_lag: float, limits: Limits | None) -> None:
        self.limits = limits or Limits()
        self.events = Events()
        self.rooms: dict[str, models.Room] = {}
        self._people: dict[str, dict[str, models.ParticipantInfo]] = {}
        self._rpc: dict[tuple[str, str, str], Callable[[str], str]] = {}
        self._counts = Counts(count_lag)
        self._random = random.Random()  # noqa: S311 - an order, not a secret

    # -- rooms ---------------------------------------------------------------------------------------

    def create_room(
        self,
        name: str,
        *,
        metadata: str = "",
        empty_timeout: int = 0,
        departure_timeout: int = 0,
        max_participants: int = 0,
    ) -> models.Room:
        """A new room, zero meaning the server's default; an existing one comes back as it is."""
        if name in self.rooms:
            return self.rooms[name]
        room = self.rooms[name] = new_room(name)
        room.metadata = metadata
        room.max_participants = max_participants
        room.empty_timeout = empty_timeout or room.empty_timeout
        room.departure_timeout = departure_timeout or room.departure_timeout
        self._people[name] = {}
        self.events.emit("room_started", room=room)
        return room

    def delete_room(self, name: str) -> None:
        """Close a room, with everyone in it."""
        while self._people[name]:  # a listener may let others leave along
            self.leave(name, next(iter(self._people[name])))
        room = self.rooms.pop(name)
        del self._people[name]
        self._counts.forget(name)
        self.events.emit("room_finished", room=room)

    def listed_rooms(self) -> list[models.Room]:
        """The rooms as list_rooms gives them: in no order, with counts that may lag."""
        for name, room in self.rooms.items():
            room.num_participants, room.num_publishers = self._counts.shown(name)
        return self.shuffled(self.rooms.values())

    def set_recording(self, room: str, active: bool) -> None:
        """Say whether the room is being recorded."""
        self.rooms[room].active_recording = active

    # -- participants --------------------------------------------------------------------------------

    def join(
        self,
        room: str,
        identity: str,
        *,
        name: str = "",
        kind: Kind = "STANDARD",
        metadata: str = "",
        attributes: Mapping[str, str] | None = None,
        permission: models.ParticipantPermission | None = None,
    ) -> models.ParticipantInfo:
        """Someone joins; a missing room is made, a namesake is evicted.

        ``permission`` replaces the default of a plain token. Raises ValueError for an identity the
        server refuses, RoomFullError.
        """
        if not 0 < len(identity.encode()) <= self.limits.identity:
            raise ValueError(f"an identity takes 1 to {self.limits.identity} bytes")
        self.create_room(room)
        person = new_participant(identity)
        person.name = name
        person.metadata = metadata
        person.kind = _KINDS[kind]
        person.attributes.update(attributes or {})
        if permission is not None:
            person.permission.CopyFrom(permission)
        if identity in self._people[room]:
            self.leave(room, identity)
        if self._full(room) and not dependent(person):
            raise RoomFullError(room)
        self._people[room][identity] = person
        if person.permission.recorder:
            self.set_recording(room, True)
        self._count(room)
        self.events.emit("participant_joined", room=self.rooms[room], participant=person)
        return person

    def leave(self, room: str, identity: str) -> None:
        """Someone leaves, or is removed."""
        person = self.participant(room, identity)
        del self._people[room][identity]
        for track in person.tracks:
            self._tell_track("track_unpublished", room, person, track)
        for key in [key for key in self._rpc if key[:2] == (room, identity)]:
            del self._rpc[key]
        self._count(room)
        if person.permission.recorder:
            self.set_recording(room, any(one.permission.recorder for one in self._people[room].values()))
        self.events.emit("participant_left", room=self.rooms[room], participant=person)

    def publish(
        self,
        room: str,
        identity: str,
        source: Source = "camera",
        *,
        name: str = "",
        mime: str = "",
        width: int = 1280,
        height: int = 720,
        layers: int = 3,
        muted: bool = False,
    ) -> models.TrackInfo:
        """Someone publishes; gives the track. ``layers`` is 1 to 3, more than one being simulcast."""
        mime = mime or ("audio/red" if source in ("microphone", "screen_share_audio") else "video/VP8")
        track = new_track(
            source, name=name or source, mime=mime, width=width, height=height, layers=layers, muted=muted
        )
        person = self.participant(room, identity)
        person.tracks.append(track)
        self.touch(room, person)
        self._tell_track("track_published", room, person, track)
        # append() copies: give the one that is listed, so that a caller may change it.
        return person.tracks[-1]

    def unpublish(self, room: str, identity: str, track_sid: str) -> None:
        """Someone stops publishing; a track that is not there is no matter."""
        person = self.participant(room, identity)
        index = next((index for index, track in enumerate(person.tracks) if track.sid == track_sid), None)
        if index is None:
            return
        track = person.tracks.pop(index)
        self.touch(room, person)
        self._tell_track("track_unpublished", room, person, track)

    def participant(self, room: str, identity: str) -> models.ParticipantInfo:
        """The participant itself, not a copy."""
        return self._people[room][identity]

    def participants(self, room: str) -> list[models.ParticipantInfo]:
        """Everyone in the room, in no order; empty if there is no such room, as the server has it."""
        return self.shuffled(self._people.get(room, {}).values())

    def touch(self, room: str, person: models.ParticipantInfo) -> None:
        """Bring what depends on a participant up to date after a change to it."""
        person.version += 1
        person.is_publisher = bool(person.tracks)
        self._count(room)

    def on_rpc(self, room: str, identity: str, method: str, handler: Callable[[str], str]) -> None:
        """Let a participant answer an RPC method; the handler is given the payload."""
        self._rpc[room, identity, method] = handler

    def rpc_handler(self, room: str, identity: str, method: str) -> Callable[[str], str] | None:
        """The handler of a participant's RPC method, if it has one."""
        return self._rpc.get((room, identity, method))

    def shuffled(self, items: Iterable[Item]) -> list[Item]:
        """The items in no order, which is the order of every list the server gives."""
        listed = list(items)
        self._random.shuffle(listed)
        return listed

    def _full(self, room: str) -> bool:
        most = self.rooms[room].max_participants
        return 0 < most <= sum(not dependent(person) for person in self._people[room].values())

    def _count(self, room: str) -> None:
        people = self._people[room].values()
        self._counts.set(
            room,
            sum(not dependent(person) for person in people),
            sum(person.is_publisher for person in people),
        )

    def _tell_track(
        self, event: str, room: str, person: models.ParticipantInfo, track: models.TrackInfo
    ) -> None:
        # The server says no more than this about room and participant.
        self.events.emit(
            event,
            room=models.Room(sid=self.rooms[room].sid, name=room),
            participant=models.ParticipantInfo(sid=person.sid, identity=person.identity),
            track=track,
        )


def dependent(person: models.ParticipantInfo) -> bool:
    """Whether the server counts this participant out, as an agent or a recorder."""
    permission = person.permission
    return person.kind in DEPENDENT_KINDS or permission.agent or permission.recorder
