"""Phone numbers and user names of people, half hidden: enough to recognise one by, too little to call it."""

import re
from collections.abc import Iterable
from typing import Any, TypeVar

from google.protobuf.message import Message

from .stored import copy_of

M = TypeVar("M", bound=Message)

DOTS = "••••"
# What identifies people in trunks and rules, besides secrets. A PIN opens a room, but an operator may read it.
HIDDEN_FIELDS = frozenset({"numbers", "allowed_numbers", "inbound_numbers", "auth_username", "pin"})


def hide(text: str) -> str:
    """`+4930901820` is `+4930••••20`; of a short one hardly anything is left, of a wildcard all."""
    if not re.search(r"\w", text):
        return text
    start, end = (5, 2) if len(text) >= 10 else (1, 1) if len(text) >= 6 else (0, 0)
    return text[:start] + DOTS + text[len(text) - end :]


def hide_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Each of them."""
    return tuple(map(hide, texts))


def hide_in(text: str, numbers: Iterable[str]) -> str:
    """A sentence in which these numbers are half hidden. Text that merely looks like a digit or two stays."""
    known = sorted((number for number in numbers if len(number) > 3), key=len, reverse=True)
    if not known:
        return text
    return re.sub("|".join(map(re.escape, known)), lambda found: hide(found.group()), text)


def hide_any(text: str) -> str:
    """A name in which whatever looks like a phone number is half hidden."""
    return re.sub(r"\+?[0-9]{6,}", lambda found: hide(found.group()), text)


def without_numbers(message: M) -> M:
    """A copy in which numbers, user names and PINs are half hidden, however deep."""
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
