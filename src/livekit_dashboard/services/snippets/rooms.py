"""Rooms from a terminal or from Python. Pasted as it stands, nothing of it changes an open room."""

from livekit_dashboard.services.rooms.rooms import NewRoom, Room

from .calls import python_calls
from .shell import commented, shell

SHORT = 200  # Characters of metadata that a command may hold.
# What `lk room create` has a flag for.
FLAGS = (
    "room_preset",
    "min_playout_delay",
    "max_playout_delay",
    "sync_streams",
    "empty_timeout",
    "departure_timeout",
)


def lk_room(room: Room) -> str:
    """Show it, write its metadata, close it."""
    close = commented(f"lk room delete {argument(room.name)}")
    return "\n".join(
        [f"lk room list --json {argument(room.name)}", lk_metadata(room.name, room.metadata), *close]
    )


def python_room(name: str) -> str:
    """The same with livekit-api."""
    return python_calls(
        "found = await lk.room.list_rooms(",
        f"    api.ListRoomsRequest(names=[{name!r}])",
        ")",
        "room = found.rooms[0]",
        "await lk.room.update_room_metadata(",
        "    api.UpdateRoomMetadataRequest(",
        "        room=room.name,",
        "        metadata=room.metadata,",
        "    )",
        ")",
        *commented("await lk.room.delete_room(", "    api.DeleteRoomRequest(room=room.name)", ")"),
    )


def lk_metadata(name: str, metadata: str) -> str:
    """Writes what is there already, or what has to be given first."""
    return f"lk room update \\\n  --metadata {present(metadata)} {argument(name)}"


def lk_create(new: NewRoom) -> str:
    """After a comment that names what lk has no flag for."""
    given = {
        key: value for key, value in vars(new).items() if value not in (None, "", False) and key != "name"
    }
    flags = [f"--{key.replace('_', '-')}" for key in FLAGS if key in given]
    values = ["" if given[key] is True else f" {shell(str(given[key]))}" for key in FLAGS if key in given]
    lacking = [key.replace("_", " ") for key in given if key not in FLAGS]
    comment = f"# lk can't set {', '.join(lacking)}; the Python can.\n" if lacking else ""
    words = ["lk room create", *(flag + value for flag, value in zip(flags, values, strict=True))]
    return comment + " \\\n  ".join([*words, argument(new.name)])


def python_create(new: NewRoom) -> str:
    """The same with livekit-api."""
    given = {key: value for key, value in vars(new).items() if value not in (None, "", False)}
    fields = [f"        {key}={value!r}," for key, value in given.items()]
    return python_calls("await lk.room.create_room(", "    api.CreateRoomRequest(", *fields, "    )", ")")


def argument(name: str) -> str:
    """A name in a place of its own, where one that begins with a dash would be taken for a flag."""
    return f"-- {shell(name)}" if name.startswith("-") else shell(name)


def present(metadata: str) -> str:
    """What is there already. Where that is nothing, or long, a variable that the shell asks for."""
    return shell(metadata) if 0 < len(metadata) <= SHORT else '"${METADATA:?}"'
