"""What the server keeps of secrets in the requests that it shows again: a hint."""

import re
from typing import Any

from google.protobuf.message import Message

from livekit_dashboard.simulator.messages import MessageType, copy_of

_RTMP = re.compile(r"(rtmps?://)(.*/)(.*/)(\S*)( live=1)?")
_SECRETS = {
    "access_key": "{access_key}",
    "secret": "{secret}",
    "session_token": "{session_token}",
    "assume_role_external_id": "{external_id}",
    "credentials": "{credentials}",
    "account_name": "{account_name}",
    "account_key": "{account_key}",
}


def redacted(request: MessageType) -> MessageType:
    """A copy of an egress request without credentials and stream keys."""
    copy = copy_of(request)
    _redact(copy)
    return copy


def redact_stream_key(url: str) -> str | None:
    """The RTMP address with a hint of its key, None if it is no RTMP address."""
    found = _RTMP.fullmatch(url)
    return found and f"{found[1]}{found[2]}{found[3]}{_hint(found[4])}{found[5] or ''}"


def _redact(message: Any) -> None:
    for field, value in message.ListFields():
        if field.name == "urls":
            message.urls[:] = [redact_stream_key(url) or url for url in value]
        elif field.name in _SECRETS:
            setattr(message, field.name, _SECRETS[field.name])
        elif field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for one in [value] if isinstance(value, Message) else value:
                _redact(one)


def _hint(key: str) -> str:
    """The first and last characters of a key, up to three each, fewer of a short one."""
    shown = next((count for count in (3, 2, 1) if len(key) >= count * 3), 0)
    return f"{{{key[:shown]}...{key[len(key) - shown :] if shown else ''}}}"
