"""Whether a creation made a room, or LiveKit answered with one that was open."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from livekit.protocol.models import Room as RoomInfo

from livekit_dashboard.services.rooms.opening import Opened, open_room
from livekit_dashboard.services.rooms.rooms import NewRoom, Room, from_proto

OPEN = from_proto(
    RoomInfo(name="standup", sid="RM_1", metadata="old", empty_timeout=300, departure_timeout=20)
)
WANTED = NewRoom("standup", max_participants=7, metadata="new")


async def _opened(new: NewRoom, before: list[Room], after: Room) -> Opened:
    async def listed(names: list[str]) -> list[Room]:
        assert names == [new.name]
        return before

    async def create(_: NewRoom) -> Room:
        return after

    rooms: Any = SimpleNamespace(list=listed, create=create)
    return await open_room(rooms, new)


async def test_the_same_room_unchanged_was_open_already() -> None:
    opened = await _opened(WANTED, [OPEN], OPEN)
    assert opened.existed
    assert [(one.setting, one.requested, one.actual) for one in opened.differences] == [
        ("max_participants", 7, None),
        ("metadata", "new", "old"),
    ]


async def test_another_room_of_that_name_is_a_new_one() -> None:
    """The first one closed between the two calls."""
    made = replace(OPEN, sid="RM_2", max_participants=7, metadata="new")
    opened = await _opened(WANTED, [OPEN], made)
    assert (opened.existed, [*opened.differences]) == (False, [])


async def test_a_room_of_a_node_that_is_gone_is_opened_again_with_the_settings() -> None:
    """LiveKit 1.13 keeps its id then, and stores what was requested: tried with two nodes on one Redis."""
    opened = await _opened(WANTED, [OPEN], replace(OPEN, max_participants=7, metadata="new"))
    assert (opened.existed, opened.ignored) == (False, False)


async def test_what_livekit_does_not_report_may_differ() -> None:
    opened = await _opened(NewRoom("standup", tags={"a": "b"}, sync_streams=True), [OPEN], OPEN)
    assert opened.ignored
    assert [*opened.unreported] == ["sync_streams", "tags"]


async def test_a_name_alone_differs_in_nothing() -> None:
    opened = await _opened(NewRoom("standup", empty_timeout=0), [OPEN], OPEN)
    assert (opened.existed, opened.requested, opened.ignored) == (True, False, False)
