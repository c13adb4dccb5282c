"""Field types of the recording forms, and `fill`, which writes a form's fields to a request.

A field has the name of the protobuf field, after a prefix for its message: `s3_bucket`.
"""

from collections.abc import Sequence
from typing import Any

import wtforms
from wtforms import SelectField, ValidationError

from livekit_dashboard.forms.base import LongText, SelectChoice, Text, parsed, string_map, utf8

# Bytes. Ours: no path, address or credential is longer.
LONGEST = 8 * 1024


class Credential(Text):
    """A secret. It is sent to LiveKit only, and is empty when the form is shown again."""

    widget: Any = wtforms.widgets.PasswordInput()

    @property
    def again(self) -> bool:
        """Whether something was entered that has to be entered again."""
        return bool(self.raw_data and self.raw_data[0])

    def _value(self) -> str:
        return ""


class LongCredential(Credential, LongText):
    """A secret with several lines."""

    widget = wtforms.widgets.TextArea()


class Lines(LongText):
    """Several texts, one per line; empty lines are ignored."""

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.data.splitlines() if line.strip()]


class Decimal(Text):
    """A number with a fraction, or nothing."""

    def __init__(self, label: str, *, low: float, high: float, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.low, self.high = low, high

    @property
    def number(self) -> float | None:
        """The number; None if nothing, or no number, was entered."""
        text = self.data.strip()
        return float(text) if text.replace(".", "", 1).isdecimal() and text.isascii() else None

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if self.data.strip() and (self.number is None or not self.low <= self.number <= self.high):
            raise ValidationError(f"Enter a number from {self.low:g} to {self.high:g}.")


class Pick(SelectField):
    """One of some values of an enum, each with its words."""

    data: int

    def __init__(self, label: str, words: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        choices: Any = [SelectChoice(value, word) for value, word in words]
        super().__init__(label, choices=choices, coerce=int, default=words[0][0], **kwargs)
        self.first = words[0][0]

    def pre_validate(self, form: Any) -> None:
        try:
            super().pre_validate(form)
        except ValidationError:
            # The page shows the request even of a form that needs another look, and protobuf takes no such number.
            self.data = self.first
            raise


def web_address(_: wtforms.Form, field: wtforms.Field) -> None:
    """Empty, or an http or https address."""
    text = field.data or ""
    if text and not text.lower().startswith(("http://", "https://")):
        begins = f"This begins with {text.partition('://')[0]}://." if "://" in text else ""
        raise ValidationError(f"A web address begins with http:// or https://. {begins}".strip())


def one_line(_: wtforms.Form, field: wtforms.Field) -> None:
    """Rejects control characters, which get into names and paths by pasting."""
    if any(ord(char) < 32 for char in field.data or ""):
        raise ValidationError("This contains a line break or another control character.")


PATH = (utf8, one_line)


def fill(form: wtforms.Form, prefix: str, message: Any) -> None:
    """Writes the fields with this prefix to a message, except empty ones and those with errors."""
    for descriptor in message.DESCRIPTOR.fields:
        field = form._fields.get(prefix + descriptor.name)
        if field is None or field.errors or not _given(field):
            continue
        if descriptor.type == descriptor.TYPE_MESSAGE and string_map not in field.validators:
            continue
        if string_map in field.validators:
            getattr(message, descriptor.name).update(parsed(field, {}))
        else:
            setattr(message, descriptor.name, _given(field))


def _given(field: wtforms.Field) -> Any:
    if isinstance(field, Decimal):
        return field.number
    # Names may begin and end with spaces; paths, addresses and credentials don't.
    stripped = one_line in field.validators or isinstance(field, Credential)
    return field.data.strip() if stripped else field.data
