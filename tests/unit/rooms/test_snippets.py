"""Commands and code about rooms and the people in them hold for every name, and harm nobody when they are pasted."""

import ast

import pytest
from livekit.protocol import models

from livekit_dashboard.services.participants import info
from livekit_dashboard.services.rooms import rooms
from livekit_dashboard.services.rooms.rooms import NewRoom
from livekit_dashboard.services.snippets import participants as people
from livekit_dashboard.services.snippets.rooms import (
    SHORT,
    lk_create,
    lk_metadata,
    lk_room,
    python_create,
    python_room,
)
from tests.shell import uncommented, words

NAMES = ["standup", "it's; rm -rf /", "$(reboot) `x`", "a\nb", '"""', "-x", "\\", ""]
# Commands of lk 2.x and the flags that each has, from its source (cmd/lk/room.go).
LK = {
    "room create": {
        *("--room-egress-file", "--participant-egress-file", "--track-egress-file", "--agents-file"),
        *("--room-preset", "--min-playout-delay", "--max-playout-delay", "--sync-streams"),
        *("--empty-timeout", "--departure-timeout"),
    },
    "room list": {"--json"},
    "room update": {"--metadata"},
    "room delete": set(),
    "room mute-track": {"--room", "--identity", "--mute", "--unmute"},
    "room update-subscriptions": {"--room", "--identity", "--subscribe", "--unsubscribe"},
    "room participants get": {"--room", "--identity"},
    "room participants update": {"--room", "--identity", "--metadata", "--permissions"},
    "room participants remove": {"--room", "--identity"},
}


def _room(name: str, metadata: str = "") -> rooms.Room:
    return rooms.from_proto(models.Room(name=name, metadata=metadata, creation_time=1))


def _person(identity: str, metadata: str = "", *sids: str) -> info.Participant:
    tracks = [models.TrackInfo(sid=sid) for sid in sids]
    permission = models.ParticipantPermission(can_publish=True, hidden=True)
    message = models.ParticipantInfo(
        identity=identity, metadata=metadata, tracks=tracks, permission=permission
    )
    return info.from_proto(identity, message)


def _commands(text: str) -> list[list[str]]:
    """The words of each command that is not a comment."""
    joined = text.replace(" \\\n", " \\\r").split("\n")
    return [words(line.replace("\r", "\n")) for line in joined if not line.startswith("# ")]


def _known(text: str) -> None:
    """All commands, also those that are commented out, are ones that lk has."""
    for command in _commands(uncommented(text)):
        own = next(name for name in LK if command[1 : 1 + len(name.split())] == name.split())
        flags = {word for word in command if word.startswith("--") and len(word) > 2}
        assert flags <= LK[own], command


@pytest.mark.parametrize("name", NAMES)
def test_a_room(name: str) -> None:
    lk, python = lk_room(_room(name, '{"a": 1}')), python_room(name)
    last = ["--", name] if name.startswith("-") else [name]
    assert _commands(lk) == [
        ["lk", "room", "list", "--json", *last],
        ["lk", "room", "update", "--metadata", '{"a": 1}', *last],
    ]
    assert _commands(uncommented(lk))[-1] == ["lk", "room", "delete", *last]
    _known(lk)
    for code in (python, uncommented(python)):
        assert name in [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)]
    assert "delete_room" not in ast.dump(ast.parse(python))
    assert "delete_room" in ast.dump(ast.parse(_active(python)))


def _active(code: str) -> str:
    """The code with what is commented out."""
    return (
        code.replace("        # await", "        await")
        .replace("        #     ", "            ")
        .replace("        # )", "        )")
    )


@pytest.mark.parametrize("metadata", ["", "x" * (SHORT + 1)])
def test_metadata_that_a_command_can_not_hold_has_to_be_given(metadata: str) -> None:
    assert '--metadata "${METADATA:?}" standup' in lk_metadata("standup", metadata)
    assert '--metadata "${METADATA:?}"' in people.lk_edit("standup", "ana", metadata)


def test_a_room_to_create() -> None:
    new = NewRoom("a b", empty_timeout=5, max_participants=7, sync_streams=True, room_preset="big")
    assert words(lk_create(new)) == [
        *("lk", "room", "create", "--room-preset", "big", "--sync-streams"),
        *("--empty-timeout", "5", "a b"),
    ]
    assert lk_create(new).startswith("# lk can't set max participants; the Python can.\n")
    _known(lk_create(new).partition("\n")[2])
    call = ast.unparse(ast.parse(python_create(new)))
    assert "CreateRoomRequest(name='a b', empty_timeout=5, max_participants=7, sync_streams=True" in call


@pytest.mark.parametrize("name", NAMES)
def test_a_participant(name: str) -> None:
    person = _person(name, "old", "TR_1", "TR_2")
    lk, python = people.lk_person(person), people.python_person(person)
    where = ["--room", name, "--identity", name]
    assert _commands(lk) == [
        ["lk", "room", "participants", "get", *where],
        ["lk", "room", "participants", "update", *where, "--permissions", '{"can_publish": true}'],
        ["lk", "room", "participants", "update", *where, "--metadata", "old"],
    ]
    assert _commands(uncommented(lk))[3:] == [
        ["lk", "room", "mute-track", *where, "--mute", "TR_1"],
        ["lk", "room", "update-subscriptions", *where, "--subscribe", "TR_…"],
        ["lk", "room", "participants", "remove", *where],
    ]
    _known(lk)
    calls = ast.dump(ast.parse(python))
    everything = ast.dump(ast.parse(_active(python)))
    for call in ("mute_published_track", "update_subscriptions", "remove_participant"):
        assert call not in calls
        assert call in everything
    _known(people.lk_subscribe(name, name, "TR_1"))
    for code in (people.python_edit(name, name, name), people.python_subscribe(name, name, "TR_1"), python):
        assert name in [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)]


def test_what_is_not_named_is_not_sent() -> None:
    """An edit that is pasted writes the name that is there, or nothing."""
    assert "name='Ana'" in ast.unparse(ast.parse(people.python_edit("r", "ana", "Ana")))
    assert "name=" not in ast.unparse(ast.parse(people.python_edit("r", "ana", "")))
