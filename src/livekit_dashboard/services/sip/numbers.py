"""Fields of trunks, rules and calls that are known to hold a phone number or a user name, partly masked."""

from typing import Any, TypeVar

from google.protobuf.message import Message

from livekit_dashboard.phone_numbers import DOTS, hide
from livekit_dashboard.services.stored import copy_of

M = TypeVar("M", bound=Message)

# Fields of trunks and rules that identify callers. A PIN is masked with them, but isn’t a secret: operators may read it.
HIDDEN_FIELDS = frozenset({"numbers", "allowed_numbers", "inbound_numbers", "auth_username", "pin"})


def hide_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Each of them."""
    return tuple(map(hide, texts))


def without_numbers(message: M) -> M:
    """A copy with numbers, user names and PINs masked, at any depth."""
    copy = copy_of(message)
    _hide_in(copy)
    return copy


def _hide_in(message: Any) -> None:
    for field, value in message.ListFields():
        if field.name in HIDDEN_FIELDS and field.is_repeated:
            value[:] = hide_all(tuple(value))
        elif field.name == "pin":
            message.pin = DOTS
        elif field.name in HIDDEN_FIELDS:
            setattr(message, field.name, hide(value))
        elif field.message_type and not field.is_repeated:
            _hide_in(value)
