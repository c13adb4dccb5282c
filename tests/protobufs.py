"""Protobuf messages in which everything is set, for tests of what must not get lost."""

from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

TEXTS = (FieldDescriptor.TYPE_STRING,)
FLOATS = (FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FLOAT)


def filled(message: M, **values: Any) -> M:
    """Sets every field of a message, however deep, and of each oneof the first; `values` are for fields of that name."""
    _fill(message, values)
    return message


def unset(message: Message) -> list[str]:
    """The fields, by their paths, in which nothing is set; members of oneofs left out."""
    found = []
    for field in message.DESCRIPTOR.fields:
        value: Any = getattr(message, field.name)
        if _is_map(field) or field.is_repeated or field.type != FieldDescriptor.TYPE_MESSAGE:
            empty = not value and not (field.has_presence and message.HasField(field.name))  # type: ignore[no-untyped-call]
            found += [field.name] if empty and not _in_oneof(field) else []
        elif not _in_oneof(field):
            found += [f"{field.name}.{path}" for path in unset(value) if not _is_google(field)]
    return found


def _fill(message: Any, values: dict[str, Any]) -> None:
    taken: set[str] = set()
    for field in message.DESCRIPTOR.fields:
        if _in_oneof(field):
            if field.containing_oneof.name in taken:
                continue
            taken.add(field.containing_oneof.name)
        target = getattr(message, field.name)
        if field.name in values and _is_map(field) == isinstance(values[field.name], dict):
            _put(message, field, values[field.name])
        elif _is_map(field):
            target.update({f"{field.name}-key": f"{field.name}-value"})
        elif _is_google(field):
            target.FromJsonString(
                "30.250s" if field.message_type.name == "Duration" else "2026-01-02T03:04:05.678Z"
            )
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            _fill(target.add() if field.is_repeated else target, values)
        else:
            _put(message, field, [_value(field)] if field.is_repeated else _value(field))


def _put(message: Any, field: FieldDescriptor, value: Any) -> None:
    if _is_map(field):
        getattr(message, field.name).update(value)
    elif field.is_repeated:
        getattr(message, field.name).extend(value)
    else:
        setattr(message, field.name, value)


def _value(field: FieldDescriptor) -> Any:
    if field.enum_type:
        return max(field.enum_type.values_by_number)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return True
    if field.type in FLOATS:
        return 0.5
    return f"the {field.name}" if field.type in TEXTS else 7


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.is_repeated and field.message_type and field.message_type.GetOptions().map_entry)


def _is_google(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.full_name.startswith("google."))


def _in_oneof(field: FieldDescriptor) -> bool:
    # An optional field is alone in a oneof of its own, whose name begins with an underscore.
    return field.containing_oneof is not None and not field.containing_oneof.name.startswith("_")
