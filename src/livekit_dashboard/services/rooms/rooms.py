"""Rooms: list, look up, create, close, metadata."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from google.protobuf.json_format import ParseDict
from livekit import api
from livekit.protocol import models

from livekit_dashboard.services.codecs import HELPERS, codec_name
from livekit_dashboard.services.errors.tree import LiveKitError, NotFound
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.stored import masked_json

# What LiveKit says of a room that a server left behind, which is stored, but no node has it; and of a node that it
# doesn't know.
NO_NODE = "could not find object"
NO_PRESET = "unknown room configuration"
# Bytes; the server's own limits.
MAX_NAME = 256
MAX_METADATA = 512 * 1024
# Characters of indented JSON that a page shows.
MAX_PRETTY = 2 * 1024 * 1024

State = Literal["recording", "active", "empty"]


@dataclass(frozen=True)
class Room:
    """A room as `ListRooms` reports it. Both counts lag joins and leaves by up to 5 seconds.

    Participants are counted without agents and recorders, publishers with them.
    """

    name: str
    sid: str
    created: datetime
    participants: int
    publishers: int
    max_participants: int | None
    recording: bool
    metadata: str
    empty_timeout: int  # Seconds until it closes if no participant joins.
    departure_timeout: int  # Seconds until it closes after the last participant has left.
    codecs: tuple[str, ...]

    @property
    def state(self) -> State:
        if self.recording:
            return "recording"
        return "active" if self.occupied else "empty"

    @property
    def occupied(self) -> bool:
        """Whether a participant is in it, or an agent publishes in it."""
        return bool(self.participants or self.publishers)

    @property
    def label(self) -> str:
        return self.name or "(no name)"


@dataclass(frozen=True)
class NewRoom:
    """What to create. `None` and empty values leave the choice to the server."""

    name: str
    empty_timeout: int | None = None
    departure_timeout: int | None = None
    max_participants: int | None = None
    metadata: str = ""
    min_playout_delay: int | None = None  # Milliseconds.
    max_playout_delay: int | None = None  # Milliseconds.
    sync_streams: bool = False
    room_preset: str = ""
    node_id: str = ""
    tags: dict[str, str] | None = None
    agents: list[dict[str, object]] | None = None  # RoomAgentDispatch, as protobuf JSON.
    egress: dict[str, object] | None = None  # RoomEgress, as protobuf JSON.


class Rooms:
    """The calls of RoomService that concern rooms."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self, names: Sequence[str] = ()) -> list[Room]:
        """All rooms, or those of the given names that exist; in no order. One call: nothing pages upstream."""
        return [from_proto(room) for room in await self._list(names)]

    async def get(self, name: str) -> Room:
        """Raises NotFound."""
        return from_proto(await self._find(name))

    async def get_with_json(self, name: str) -> tuple[Room, str]:
        """The room, and the same as protobuf JSON for reading, its TURN password masked. Raises NotFound."""
        room = await self._find(name)
        return from_proto(room), masked_json(room)

    async def create(self, new: NewRoom) -> Room:
        """Creates a room. One of that name that is open already comes back as it is, unchanged."""
        given = {key: value for key, value in vars(new).items() if value not in (None, "", False)}
        request = ParseDict(given, api.CreateRoomRequest())
        room = await self._session.call("RoomService/CreateRoom", self._session.api.room.create_room(request))
        return from_proto(room)

    async def close(self, name: str) -> None:
        """Disconnects everyone and ends the room. Raises NotFound.

        A room that is listed though no node has it any more is opened again first, or LiveKit could not close it.
        """
        try:
            await self._delete(name)
        except LiveKitError as error:
            if error.reason != NO_NODE:
                raise
            await self.create(NewRoom(name))
            await self._delete(name)

    async def _delete(self, name: str) -> None:
        request = api.DeleteRoomRequest(room=name)
        await self._session.call("RoomService/DeleteRoom", self._session.api.room.delete_room(request))

    async def set_metadata(self, name: str, metadata: str) -> None:
        """Replaces the room's metadata, which LiveKit sends to every participant. Raises NotFound."""
        request = api.UpdateRoomMetadataRequest(room=name, metadata=metadata)
        await self._session.call(
            "RoomService/UpdateRoomMetadata", self._session.api.room.update_room_metadata(request)
        )

    async def _list(self, names: Sequence[str]) -> Sequence[models.Room]:
        request = api.ListRoomsRequest(names=names)
        answer = await self._session.read("RoomService/ListRooms", self._session.api.room.list_rooms, request)
        return answer.rooms

    async def _find(self, name: str) -> models.Room:
        for room in await self._list([name]):
            if room.name == name:
                return room
        raise NotFound("there is no open room of that name")


def from_proto(room: models.Room) -> Room:
    """Turns the wire's message into what templates see."""
    seconds = room.creation_time_ms / 1000 or room.creation_time
    return Room(
        name=room.name,
        sid=room.sid,
        created=datetime.fromtimestamp(seconds, UTC),
        participants=room.num_participants,
        publishers=room.num_publishers,
        max_participants=room.max_participants or None,
        recording=room.active_recording,
        metadata=room.metadata,
        empty_timeout=room.empty_timeout,
        departure_timeout=room.departure_timeout,
        codecs=_codecs(tuple([codec.mime for codec in room.enabled_codecs])),
    )


@lru_cache(maxsize=256)
def _codecs(mimes: tuple[str, ...]) -> tuple[str, ...]:
    """Nearly all rooms have the same list, and there may be thousands of rooms."""
    return tuple(codec_name(mime) for mime in mimes if mime.split("/")[-1] not in HELPERS)


def _bare(text: str) -> str:
    """Without white space, in strings too, which is good enough to compare."""
    return "".join(text.split())


def _indented(value: object) -> str:
    """Raises ValueError for what would get too long."""
    parts, length = [], 0
    for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
        parts.append(part)
        length += len(part)
        if length > MAX_PRETTY:
            raise ValueError("too long when it is indented")
    return "".join(parts)


def pretty_json(text: str) -> str | None:
    """The text indented, if it is JSON of an object or a list that says the same when it is indented, else None.

    Numbers such as 1.0e2, and a key that is there twice, would come out different. Nor does it get longer than
    MAX_PRETTY: a participant may choose the text, and deep lists become a thousand times as long.
    """
    try:
        value = json.loads(text)
        if _bare(json.dumps(value, ensure_ascii=False)) != _bare(text):
            return None
        indented = _indented(value)
        # JSON can spell half of a surrogate pair, which no page can hold.
        indented.encode()
    except (ValueError, RecursionError):
        return None
    return indented if isinstance(value, dict | list) else None


def editable(text: str) -> str:
    """The text as a form shows it: indented where it is JSON, unless LiveKit would not take that."""
    indented = pretty_json(text)
    return indented if indented is not None and len(indented.encode()) <= MAX_METADATA else text
