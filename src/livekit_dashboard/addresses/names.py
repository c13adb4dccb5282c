"""Names in addresses. A room may be called anything, the empty string and `../x` included; a URL segment may not.

A safe name stands for itself (`/rooms/standup`); every other travels as `~` and its UTF-8 in base64url
(`a/b` is `~YS9i`, the empty name `~`), and so does one that carries a phone number, because addresses are kept in
histories and logs. Bulk forms use the same, because browsers rewrite newlines in form values.
"""

import base64
import binascii
import re

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException

from livekit_dashboard.phone_numbers import has_number

SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
# Words that mean a page where a name could stand.
RESERVED = frozenset({"check", "close", "delete", "new", "preview", "stop"})


def encode_name(name: str) -> str:
    """The URL segment for a name: never empty, never `.` or `..`, no slash, only characters that need no escape."""
    if SAFE.fullmatch(name) and name not in RESERVED and not has_number(name):
        return name
    return "~" + base64.urlsafe_b64encode(name.encode("utf-8", "surrogateescape")).decode().rstrip("=")


def decode_name(segment: str) -> str:
    """The name that a segment stands for. A name typed by hand stands for itself. ValueError for a broken `~…`."""
    if not segment.startswith("~"):
        return segment
    try:
        padded = segment[1:] + "=" * (-len(segment[1:]) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError(f"not an encoded name: {segment!r}") from error


def encode_pair(first: str, second: str) -> str:
    """What stands for two names in a bulk form, such as a room and who is in it."""
    return f"{encode_name(first)}/{encode_name(second)}"


def decode_pair(text: str) -> tuple[str, str]:
    """The two names. ValueError for what stands for none."""
    first, slash, second = text.partition("/")
    if not slash:
        raise ValueError(f"not a pair of names: {text!r}")
    return decode_name(first), decode_name(second)


class NameConvertor(Convertor[str]):
    """`{room:name}` in a route."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        try:
            return decode_name(value)
        except ValueError:
            raise HTTPException(404) from None

    def to_string(self, value: str) -> str:
        return encode_name(value)


class DirectionConvertor(Convertor[str]):
    """`/sip-{direction:direction}` in a route: trunks of both directions share their pages."""

    regex = "inbound|outbound"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("name", NameConvertor())
register_url_convertor("direction", DirectionConvertor())
