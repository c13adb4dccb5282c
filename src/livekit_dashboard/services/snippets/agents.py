"""What a form about agent dispatches does, from a terminal and from Python."""

from .calls import python_calls
from .shell import commented, shell


def lk_create(room: str, agent_name: str) -> str:
    """`lk dispatch create`, which has no flag for attributes and restarts."""
    return f"lk dispatch create \\\n  --room {shell(room)} \\\n  --agent-name {shell(agent_name)} \\\n  --metadata '{{}}'"


def python_create(room: str, agent_name: str) -> str:
    """The same with livekit-api."""
    return python_calls(
        "await lk.agent_dispatch.create_dispatch(",
        "    api.CreateAgentDispatchRequest(",
        f"        room={room!r},",
        f"        agent_name={agent_name!r},",
        '        metadata="{}",',
        '        attributes={"language": "de"},',
        "    )",
        ")",
    )


def lk_list(room: str) -> str:
    """All dispatches of a room."""
    return f"lk dispatch list {shell(room)}"


def lk_one(room: str, dispatch_id: str) -> str:
    """Look at one, delete it."""
    words = f"{shell(room)} {shell(dispatch_id)}"
    return "\n".join([f"lk dispatch get {words}", *commented(f"lk dispatch delete {words}")])


def python_one(room: str, dispatch_id: str) -> str:
    """The same with livekit-api."""
    return python_calls(
        f"room, dispatch = {room!r}, {dispatch_id!r}",
        "found = await lk.agent_dispatch.get_dispatch(",
        "    dispatch, room",
        ")",
        "print(found)",
        *commented(
            "await lk.agent_dispatch.delete_dispatch(",
            "    dispatch, room",
            ")",
        ),
    )
