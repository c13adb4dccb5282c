"""The form that all others are, and the checks they share."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import wtforms
from google.protobuf.message import Message
from wtforms import ValidationError
from wtforms.fields import SelectChoice as SelectChoice  # type: ignore[attr-defined] # the stubs are of 3.2
from wtforms.form import BaseForm

from livekit_dashboard.services.errors.tree import LiveKitError
from livekit_dashboard.web.filters import byte_length, size

from .json_faults import fault
from .secret_text import MAP, SECRET, Schema, redacted, unfilled

Check = Callable[[wtforms.Form, wtforms.Field], None]


class Form(wtforms.Form):
    """A form whose errors come from its fields, or from LiveKit when it refuses what was sent."""

    class Meta:
        """English only, so no look-up of translations."""

        locales = False

    refusal: LiveKitError | None = None

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Around the call: what LiveKit says against it is shown in the form, and the entries stay."""
        try:
            yield
        except LiveKitError as error:
            self.refusal = error

    @property
    def status(self) -> int:
        """The status of the page that shows this form again."""
        if self.refusal is not None:
            return self.refusal.status
        return 422 if self.errors else 200

    @property
    def wrong(self) -> list[wtforms.Field]:
        """The fields that need another look, in order."""
        return [field for field in self if field.errors]


class Text(wtforms.StringField):
    """A line of text; absent means empty, never None."""

    data: str

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = valuelist[0] if valuelist and isinstance(valuelist[0], str) else self.data or ""

    def process_data(self, value: Any) -> None:
        self.data = value or ""


class LongText(Text):
    """Text of several lines. Browsers send line ends as CRLF; what is stored has LF."""

    widget = wtforms.widgets.TextArea()

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = self.data.replace("\r\n", "\n")

    @property
    def schema(self) -> Schema | None:
        """What JSON in this field is checked against; None for text that is no JSON."""
        return next((check.schema for check in self.validators if isinstance(check, JsonCheck)), None)

    @property
    def again(self) -> bool:
        """Whether something was entered that may be a secret, so that it has to be entered again."""
        return bool(self.raw_data) and self._value() != self.data

    def _value(self) -> str:
        """JSON that was entered comes back without its secrets."""
        if self.raw_data and self.schema is not None and self.data:
            return redacted(self.data, self.schema)
        return self.data


class Number(wtforms.Field):
    """A whole number or nothing. What was typed stays in the field, whatever it is."""

    widget = wtforms.widgets.NumberInput()
    data: int | None

    def __init__(self, label: str, *, low: int = 0, high: int = 2**32 - 1, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.low, self.high = low, high

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        text = str(valuelist[0]).strip()
        self.data = None
        if not text:
            return
        # No other digits, no sign that is not one, and no number so long that it hurts.
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
            raise ValueError("Give a whole number.")
        self.data = int(text)

    def post_validate(self, form: BaseForm, validation_stopped: bool) -> None:
        if self.data is not None and not self.low <= self.data <= self.high:
            raise ValidationError(f"Give a number from {self.low} to {self.high}.")


class Checks(wtforms.SelectMultipleField):
    """Several of some choices. The page sends an empty one along, so that "none" differs from "not asked"."""

    data: list[str]

    def process_formdata(self, valuelist: list[Any]) -> None:
        if valuelist:
            super().process_formdata([value for value in valuelist if value])


def plain(values: Iterable[str]) -> Any:
    """Choices without labels, which the templates add. WTForms takes these; its stubs know the deprecated pairs only."""
    return list(values)


def required(sentence: str) -> Check:
    """Something has to be entered; spaces count, since a name may consist of them."""

    def check(_: wtforms.Form, field: wtforms.Field) -> None:
        if not field.data:
            raise wtforms.validators.StopValidation(sentence)

    return check


def at_most(limit: int) -> Check:
    """At most so many bytes in UTF-8, which is what LiveKit counts."""

    def check(_: wtforms.Form, field: wtforms.Field) -> None:
        length = byte_length(field.data or "")
        if length > limit:
            allowed = f"{limit} bytes" if limit < 1024 else size(limit)
            raise ValidationError(f"LiveKit allows {allowed}. This has {length:,} bytes.")

    return check


def utf8(_: wtforms.Form, field: wtforms.Field) -> None:
    """Half of a surrogate pair has no UTF-8, so it can't be sent."""
    try:
        (field.data or "").encode()
    except UnicodeEncodeError:
        raise ValidationError("This holds a character that can’t be sent as UTF-8.") from None


class JsonCheck:
    """Checks the JSON in a field, and knows what may be in it."""

    schema: Schema

    def __call__(self, form: wtforms.Form, field: wtforms.Field) -> None:
        raise NotImplementedError


class json_of(JsonCheck):  # noqa: N801 - stands among functions that are checks
    """Empty, or the protobuf JSON of a message, as `lk` reads it."""

    def __init__(self, message: type[Message]) -> None:
        self.message = message
        descriptor: Any = message.DESCRIPTOR  # Typed as None by livekit-protocol.
        self.schema = descriptor

    def __call__(self, form: wtforms.Form, field: wtforms.Field) -> None:
        fits(parse(field.data, dict, "{…}"), self.message)


class json_list_of(json_of):  # noqa: N801
    """Empty, or a list of such messages."""

    def __call__(self, form: wtforms.Form, field: wtforms.Field) -> None:
        for item in parse(field.data, list, "[…]"):
            fits(item, self.message)


def fits(value: Any, message: type[Message]) -> None:
    """Raises ValidationError unless the value is the protobuf JSON of a message, with every secret filled in."""
    if unfilled(value):
        raise ValidationError(f"Enter the secret again in place of {SECRET}.")
    if sentence := fault(value, message):
        raise ValidationError(sentence)


# What a field that `string_map` checks asks for.
TEXTS = 'JSON whose values are texts, such as {"seat": "4"}.'


class _StringMap(JsonCheck):
    """Empty, or a JSON object of strings."""

    schema = MAP

    def __call__(self, form: wtforms.Form, field: wtforms.Field) -> None:
        value = parse(field.data, dict, '{"role": "host"}')
        if unfilled(value):
            raise ValidationError(f"Enter the secret again in place of {SECRET}.")
        for key, item in value.items():
            if not isinstance(item, str):
                raise ValidationError(f"Values are text: put the one of {key!r} in quotes.")


string_map = _StringMap()


def parsed(field: wtforms.Field, empty: Any) -> Any:
    """The JSON in a field that has passed one of the checks above."""
    return json.loads(field.data) if field.data and field.data.strip() else empty


def parse(text: str | None, kind: type, example: str) -> Any:
    """The JSON in a text, an empty one if the text is. Raises ValidationError unless it is of that kind."""
    if not text or not text.strip():
        return kind()
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValidationError("This holds a character that can’t be sent as UTF-8.") from None
    except RecursionError:
        raise ValidationError("This is nested too deep.") from None
    except ValueError as error:
        where = (
            f" in line {error.lineno}, column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else ""
        )
        raise ValidationError(f"This is not JSON{where}.") from error
    if not isinstance(value, kind):
        raise ValidationError(f"This has to look like {example}.")
    return value
