"""Objects that LiveKit keeps, as they are shown and written back: whole, but without their secrets."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message

M = TypeVar("M", bound=Message)

MASK = "••••"
# Every field of LiveKit's API that holds a secret; a test walks all messages for new ones.
SECRET_FIELDS = frozenset(
    {
        "access_key",
        "account_key",
        "assume_role_external_id",
        "auth_password",
        "credentials",
        "password",
        "secret",
        "session_token",
        "stream_key",
        "token",
        "turn_password",
    }
)


def copy_of(message: M) -> M:
    """The same, to be changed on its own."""
    copy: Any = type(message)()
    copy.CopyFrom(message)
    result: M = copy
    return result


def masked(message: M) -> M:
    """A copy in which every secret, however deep, is a mask."""
    copy = copy_of(message)
    _mask(copy)
    return copy


def masked_json(message: Message) -> str:
    """Protobuf JSON for reading, as `lk` writes it, secrets masked."""
    text: str = MessageToJson(masked(message), preserving_proto_field_name=True, ensure_ascii=False)
    return text


def fingerprint(message: Message) -> str:
    """Changes when anything in the message does. Sent along with a form, to notice who else edited meanwhile."""
    return blake2b(message.SerializeToString(deterministic=True), digest_size=12).hexdigest()


def keep_secrets(edited: Any, stored: Any) -> list[str]:
    """Puts the stored secrets back where the edited copy still has the mask, or nothing.

    Gives the names of the fields where a mask was left that nothing is stored for.
    """
    lost: list[str] = []
    for field in edited.DESCRIPTOR.fields:
        if field.name in SECRET_FIELDS and getattr(edited, field.name) in ("", MASK):
            kept = getattr(stored, field.name)
            if getattr(edited, field.name) and not kept:
                lost.append(field.name)
            if kept or getattr(edited, field.name):
                setattr(edited, field.name, kept)
        elif _is_message(field) and not field.is_repeated:
            if edited.HasField(field.name):
                lost += keep_secrets(getattr(edited, field.name), getattr(stored, field.name))
        elif _is_message(field) and not field.message_type.GetOptions().map_entry:
            parts = [*getattr(edited, field.name)]
            for new, old in zip(parts, _before(parts, getattr(stored, field.name)), strict=True):
                lost += keep_secrets(new, old or field.message_type._concrete_class())
    return lost


def _before(edited: Sequence[Any], stored: Iterable[Any]) -> list[Any]:
    """What each message of an edited list was: the stored one that looks the same. The others are told apart by their
    order, unless there are more or fewer of them now: a secret must not go to another place, so that gives None."""
    left = dict(enumerate(stored))
    found = []
    for new in edited:
        same = next((key for key, old in left.items() if masked(old) == new), None)
        found.append(None if same is None else left.pop(same))
    others = iter(left.values() if len(left) == sum(old is None for old in found) else ())
    return [next(others, None) if old is None else old for old in found]


def _mask(message: Any) -> None:
    for field, value in message.ListFields():
        if (
            field.name in SECRET_FIELDS
            and field.type == FieldDescriptor.TYPE_STRING
            and not field.is_repeated
        ):
            setattr(message, field.name, MASK)
        elif _is_message(field):
            for part in _parts(field, value):
                _mask(part)


def _is_message(field: FieldDescriptor) -> bool:
    return bool(field.type == FieldDescriptor.TYPE_MESSAGE)


def _parts(field: FieldDescriptor, value: Any) -> list[Any]:
    """The messages in a field: one, several, or the values of a map if those are messages."""
    if not field.is_repeated:
        return [value]
    if field.message_type.GetOptions().map_entry:
        return list(value.values()) if _is_message(field.message_type.fields_by_name["value"]) else []
    return list(value)
