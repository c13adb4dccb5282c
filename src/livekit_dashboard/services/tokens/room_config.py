"""The claim `roomConfig`, which LiveKit reads as protobuf JSON: in both spellings of a name, unknown ones ignored."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from livekit.protocol.room import RoomConfiguration

from .json import Pairs, kind_of, plain


@dataclass(frozen=True)
class WrongType:
    """A claim that LiveKit can't read. `claim` is its path, `video.room`."""

    claim: str
    wanted: str  # "text", "true or false" …
    found: str  # "an object" …

    def __str__(self) -> str:
        return f"`{self.claim}` must be {self.wanted}, not {self.found}."


def wrong_config(claim: str, value: Any) -> Iterator[WrongType]:
    if not isinstance(value, Pairs):
        yield WrongType(claim, "an object", kind_of(value))
        return
    schema: Any = RoomConfiguration.DESCRIPTOR  # Typed as None by livekit-protocol.
    if twice := _twice(value, schema):
        yield WrongType(claim, "an object whose names are each there once", f"one with `{twice}` twice")
        return
    try:
        ParseDict(plain(value), RoomConfiguration(), ignore_unknown_fields=True)
    except (ParseError, ValueError, TypeError):
        yield from _narrowed(claim, value)


def _narrowed(claim: str, value: Pairs) -> Iterator[WrongType]:
    """The field that is wrong: the first without which the rest can be read."""
    for name, part in value:
        try:
            ParseDict({name: plain(part)}, RoomConfiguration(), ignore_unknown_fields=True)
        except (ParseError, ValueError, TypeError):
            inner = _inner(part)
            wanted = "what a room configuration has there"
            yield WrongType(f"{claim}.{name}{inner[0]}", wanted, inner[1])
            return
    yield WrongType(claim, "a room configuration", "this object")


def _inner(part: Any) -> tuple[str, str]:
    """The likeliest place of a wrong type: metadata or attributes that are objects, the usual slip."""
    if isinstance(part, list) and not isinstance(part, Pairs):
        for index, item in enumerate(part):
            if isinstance(item, Pairs):
                for key, value in item:
                    if key in ("metadata", "agentName", "agent_name") and not isinstance(value, str | None):
                        return f"[{index}].{key}", kind_of(value)
    return "", kind_of(part)


def _twice(value: Any, message: Descriptor) -> str | None:
    """A field of protobuf JSON that is there twice, in either spelling; names that are unknown may be."""
    if not isinstance(value, Pairs):
        return None
    fields = {name: field for field in message.fields for name in (field.name, field.json_name)}
    seen = set()
    for name, part in value:
        field = fields.get(name)
        if field is None:
            continue
        if field.number in seen:
            return name
        seen.add(field.number)
        if found := _twice_inside(part, field):
            return found
    return None


def _twice_inside(value: Any, field: FieldDescriptor) -> str | None:
    if field.type != FieldDescriptor.TYPE_MESSAGE:
        return None
    inner: Descriptor = field.message_type  # None for other types alone.
    if inner.GetOptions().map_entry:
        keys = [key for key, _ in value] if isinstance(value, Pairs) else []
        return next((key for key in keys if keys.count(key) > 1), None)
    parts = value if isinstance(value, list) and not isinstance(value, Pairs) else [value]
    return next((found for part in parts if (found := _twice(part, inner))), None)
