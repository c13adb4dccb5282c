"""What is wrong with protobuf JSON, in our own words: protobuf's sentences quote values, and may quote a secret."""

import difflib
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

F = FieldDescriptor
FLOATS = (F.TYPE_DOUBLE, F.TYPE_FLOAT)
NOT_NUMBERS = (F.TYPE_STRING, F.TYPE_BYTES, F.TYPE_BOOL, F.TYPE_ENUM, F.TYPE_MESSAGE)
UNSIGNED = (F.TYPE_UINT32, F.TYPE_UINT64, F.TYPE_FIXED32, F.TYPE_FIXED64)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")


def fault(value: Any, message: type[Message]) -> str | None:
    """A sentence that names the field, or None for the protobuf JSON of a message."""
    schema: Any = message.DESCRIPTOR
    found = next(_faults(value, schema, ""), None)
    if found is not None:
        return found
    try:
        ParseDict(value, message())
    # What ParseDict does not expect at all, null in place of a message for one, it stumbles over.
    except (ParseError, AttributeError, TypeError, ValueError) as error:
        return _of(str(error))
    return None


def _faults(value: Any, schema: Descriptor, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{_place(path)} must be an object, {{…}}, not {_kind(value)}."
        return
    fields = {name: field for field in schema.fields for name in (field.name, field.json_name)}
    chosen: dict[str, str] = {}
    for name, part in value.items():
        field = fields.get(name)
        if field is None:
            yield _unknown(name, fields, path)
            return
        if part is None:
            continue
        if field.containing_oneof is not None:
            other = chosen.setdefault(field.containing_oneof.name, name)
            if other != name:
                yield f"{_place(path, other)} and `{name}` exclude each other: give one of them."
        yield from _field_faults(part, field, f"{path}{name}")


def _field_faults(value: Any, field: FieldDescriptor, path: str) -> Iterator[str]:
    inner: Any = field.message_type
    if field.type == F.TYPE_MESSAGE and inner.GetOptions().map_entry:
        if not isinstance(value, dict):
            yield f"`{path}` must be an object, {{…}}, not {_kind(value)}."
            return
        for key, part in value.items():
            yield from _single(part, inner.fields_by_name["value"], f"{path}.{_named(key)}")
    elif field.is_repeated:
        if not isinstance(value, list):
            yield f"`{path}` must be a list, […], not {_kind(value)}."
            return
        for index, part in enumerate(value):
            yield from _single(part, field, f"{path}[{index}]")
    else:
        yield from _single(value, field, path)


def _single(value: Any, field: FieldDescriptor, path: str) -> Iterator[str]:
    wanted = None
    if field.type == F.TYPE_MESSAGE:
        inner: Any = field.message_type
        if not str(inner.full_name).startswith("google.protobuf."):
            yield from _faults(value, inner, f"{path}.")
            return
        if inner.name == "Duration" and not (isinstance(value, str) and re.fullmatch(r"-?[0-9.]+s", value)):
            wanted = 'a time such as "30s"'
    elif field.type in (F.TYPE_STRING, F.TYPE_BYTES):
        wanted = None if isinstance(value, str) else "text, in quotes"
    elif field.type == F.TYPE_BOOL:
        wanted = None if isinstance(value, bool) else "true or false, without quotes"
    elif field.type == F.TYPE_ENUM:
        wanted = _wanted_enum(value, field)
    elif field.type not in NOT_NUMBERS:
        wanted = _wanted_number(value, field)
    if wanted:
        yield f"`{path}` must be {wanted}, not {_kind(value)}."


def _wanted_enum(value: Any, field: FieldDescriptor) -> str | None:
    kind: Any = field.enum_type
    names = [one.name for one in kind.values]
    if value in names or (isinstance(value, int) and not isinstance(value, bool)):
        return None
    return f"one of {', '.join(names)}"


def _wanted_number(value: Any, field: FieldDescriptor) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return "a number"
    if field.type in FLOATS:
        return None
    if isinstance(value, str):
        return None if re.fullmatch(r"-?[0-9]+", value) else "a whole number"
    if isinstance(value, float) and not value.is_integer():
        return "a whole number"
    return "0 or more" if value < 0 and field.type in UNSIGNED else None


def _unknown(name: str, fields: dict[str, FieldDescriptor], path: str) -> str:
    squeezed = name.replace("_", "").lower()
    alike = {known.replace("_", "").lower(): field.name for known, field in fields.items()}
    near = alike.get(squeezed) or next(
        (alike[one] for one in difflib.get_close_matches(squeezed, alike, 1, 0.6)), ""
    )
    hint = f" Did you mean `{near}`?" if near else ""
    return f"LiveKit has no such field: {_place(path, name)}.{hint}"


def _place(path: str, name: str = "") -> str:
    """A path that may be shown: what is no name may be a value in the wrong place."""
    whole = path + _named(name) if name else path.rstrip(".")
    return f"`{whole}`" if whole else "This"


def _named(name: str) -> str:
    return name if NAME.fullmatch(name) else "…"


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    kinds = {dict: "an object", list: "a list", str: "this text", int: "this number", float: "this number"}
    return kinds.get(type(value), "this")


def _of(sentence: str) -> str:
    """A fault that protobuf finds beyond the above: only the field's name is taken from its sentence."""
    named = re.search(r"Failed to parse ([A-Za-z0-9_.]+) field", sentence)
    return f"LiveKit can’t read `{named.group(1)}`." if named else "LiveKit can’t read this JSON."
