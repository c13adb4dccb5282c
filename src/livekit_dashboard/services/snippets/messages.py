"""Data and remote procedure calls from a terminal or from Python."""

from .calls import lk_who, python_calls
from .shell import shell, shell_json


def lk_send(room: str) -> str:
    """`lk` sends reliable data only."""
    return f'lk room send-data \\\n  --room {shell(room)} \\\n  --topic chat \\\n  \'{{"text": "hello"}}\''


def python_send(room: str) -> str:
    """The same with livekit-api."""
    return python_calls(
        "await lk.room.send_data(",
        "    api.SendDataRequest(",
        f"        room={room!r},",
        '        topic="chat",',
        '        data=b\'{"text": "hello"}\',',
        "    )",
        ")",
    )


def curl_rpc(room: str, identity: str) -> str:
    """Neither `lk` nor livekit-api has a function for it, so the bare call."""
    body = {"room": room, "destination_identity": identity, "method": "greet", "payload": "hello"}
    return " \\\n  ".join(
        [
            "curl -H 'Content-Type: application/json'",
            '-H "Authorization: Bearer $TOKEN"',
            f"-d {shell_json(body)}",
            '"$LIVEKIT_URL/twirp/livekit.RoomService/PerformRpc"',
        ]
    )


def lk_elsewhere(verb: str, room: str, identity: str) -> str:
    """`lk room participants move` or `forward`."""
    return f"lk room participants {verb} {lk_who(room, identity)} \\\n  --destination-room lounge"
