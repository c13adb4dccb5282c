"""What a form about an ingress does, from a terminal and from Python; and what to stream to one with. No secret unless it is handed in."""

import json

from livekit_dashboard.services.ingress.ingress import Ingress

from .calls import python_calls
from .shell import commented, shell

# Where the key is not shown, it comes from the shell's environment.
KEY = '"$STREAM_KEY"'
NEW_REQUEST = """{
  "input_type": "RTMP_INPUT",
  "name": "Stage camera",
  "room_name": "town-hall",
  "participant_identity": "stage"
}"""
NEW_LK = "lk ingress create ingress.json"
NEW_PYTHON = python_calls(
    "await lk.ingress.create_ingress(",
    "    api.CreateIngressRequest(",
    "        input_type=api.IngressInput.RTMP_INPUT,",
    '        name="Stage camera",',
    '        room_name="town-hall",',
    '        participant_identity="stage",',
    "    )",
    ")",
)


def lk_actions(ingress: Ingress) -> str:
    """`lk` commands for what can be done to an ingress."""
    word = shell(ingress.id)
    lines = [f"lk ingress list --id {word}"]
    if ingress.reusable:
        request = json.dumps({"ingress_id": ingress.id, "enabled": not ingress.enabled})
        lines += commented(f"lk ingress update {shell(request)}")
    return "\n".join([*lines, *commented(f"lk ingress delete {word}")])


def lk_update(ingress_id: str) -> str:
    """`lk` for a change of a field; what the request leaves out stays."""
    request = json.dumps({"ingress_id": ingress_id, "room_name": "town-hall"})
    return f"lk ingress update {shell(request)}"


def python_update(ingress_id: str) -> str:
    """The same with livekit-api."""
    return python_calls(
        "await lk.ingress.update_ingress(",
        "    api.UpdateIngressRequest(",
        f"        ingress_id={ingress_id!r},",
        '        room_name="town-hall",',
        "    )",
        ")",
    )


def python_actions(ingress: Ingress) -> str:
    """The same with livekit-api."""
    update = (
        "await lk.ingress.update_ingress(",
        f"    api.UpdateIngressRequest(ingress_id={ingress.id!r}, enabled={not ingress.enabled})",
        ")",
    )
    show = (
        "found = await lk.ingress.list_ingress(",
        f"    api.ListIngressRequest(ingress_id={ingress.id!r})",
        ")",
        "print(found)",
    )
    delete = (
        "await lk.ingress.delete_ingress(",
        f"    api.DeleteIngressRequest(ingress_id={ingress.id!r})",
        ")",
    )
    return python_calls(*show, *commented(*(update if ingress.reusable else ()), *delete))


def ffmpeg(kind: str, url: str, key: str | None) -> str:
    """Streams a file to an ingress that is streamed to; `key` is None while it is not to be shown."""
    word = KEY if key is None else shell(key)
    read = "ffmpeg -re -i video.mp4"
    if kind == "whip":
        return _command(
            read,
            "-c:v libx264 -profile:v baseline -bf 0 -g 60",
            "-c:a libopus -ar 48000",
            f"-f whip -authorization {word}",
            shell(url),
        )
    return _command(
        read,
        "-c:v libx264 -preset veryfast -b:v 3M -g 60 -bf 0",
        "-c:a aac -b:a 128k",
        f"-f flv {shell(url.rstrip('/') + '/')}{word}",
    )


def _command(*parts: str) -> str:
    return " \\\n  ".join(parts)
