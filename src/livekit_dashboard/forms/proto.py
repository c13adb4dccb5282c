"""Forms whose fields are the fields of a protobuf message.

A field finds its place by its own name, or by `path` where that is deeper (`media.encryption`). `load` fills the form
from a stored message, `store` writes onto one what was changed: all else stays as it is stored.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Self

import wtforms
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from wtforms import BooleanField, PasswordField, SelectField, ValidationError

from livekit_dashboard.services.stored import MASK, copy_of, fingerprint, keep_secrets, masked

from .base import Checks, LongText, Number, SelectChoice, Text, json_list_of, json_of, parsed, string_map
from .edits import SharedForm, lines, one_line


class Placed(wtforms.Field):
    """A field that knows its place in the message."""

    def __init__(self, *args: Any, path: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.path = (path or self.short_name).split(".")
        self.place = self.path[-1]

    def holder(self, message: Message) -> Any:
        """The message or sub-message that has the field."""
        for part in self.path[:-1]:
            message = getattr(message, part)
        return message

    def read(self, holder: Any) -> Any:
        """What is stored, as the form has it."""
        return getattr(holder, self.place)

    def write(self, holder: Any) -> None:
        """Stores what was entered."""
        setattr(holder, self.place, self.data)

    def meet(self, message: Message) -> None:
        """Learns what there is to know of what is stored, without taking it for an entry."""

    def load(self, message: Message) -> None:
        """Shows what is stored."""
        self.meet(message)
        self.data = self.read(self.holder(message))

    def store(self, message: Message) -> None:
        """Writes what was changed. Writing anything else would make something of a sub-message that is not set."""
        holder = self.holder(message)
        if self.data != self.as_sent(self.read(holder)):
            self.write(holder)

    def as_sent(self, stored: Any) -> Any:
        """What a browser makes of it: that is no change."""
        return stored


class Line(Placed, Text):
    """A string in a line of its own."""

    def as_sent(self, stored: str) -> str:
        return one_line(stored)


class Area(Placed, LongText):
    """A string of several lines."""

    def as_sent(self, stored: str) -> str:
        return lines(stored)


class Lines(Area):
    """A repeated string, one a line; blank lines don't count."""

    def read(self, holder: Any) -> str:
        return "\n".join(getattr(holder, self.place))

    def write(self, holder: Any) -> None:
        holder.ClearField(self.place)
        getattr(holder, self.place).extend(self.lines)

    @property
    def lines(self) -> list[str]:
        """The entries, without the white space around them."""
        return [line.strip() for line in (self.data or "").splitlines() if line.strip()]


class Several(Placed, Checks):
    """A repeated string, ticked from what `offer` is told; what is stored is offered too."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, choices=[], default=[], **kwargs)

    def offer(self, choices: Iterable[tuple[str, str]]) -> None:
        """Adds values, each with its words."""
        known = {choice.value for choice in self._offered}
        self.choices = [
            *self._offered,
            *(SelectChoice(value, words) for value, words in choices if value not in known),
        ]

    def meet(self, message: Message) -> None:
        self.offer((value, value) for value in getattr(self.holder(message), self.place))

    def read(self, holder: Any) -> list[str]:
        return list(getattr(holder, self.place))

    def write(self, holder: Any) -> None:
        kept = [value for value in self.read(holder) if value in self.data]
        holder.ClearField(self.place)
        getattr(holder, self.place).extend(dict.fromkeys([*kept, *self.data]))

    @property
    def _offered(self) -> list[Any]:
        choices: Any = self.choices
        return list(choices or ())


class Secret(Placed, PasswordField):
    """A string that is never shown; left empty, the stored one stays."""

    is_set = False

    def meet(self, message: Message) -> None:
        self.is_set = bool(getattr(self.holder(message), self.place))

    def load(self, message: Message) -> None:
        self.meet(message)
        self.data = ""

    def store(self, message: Message) -> None:
        if self.data:
            super().store(message)


class Tick(Placed, BooleanField):
    """A yes or no."""


class Count(Placed, Number):
    """A number; nothing is 0, which LiveKit takes for its own default."""

    def read(self, holder: Any) -> int | None:
        return getattr(holder, self.place) or None

    def write(self, holder: Any) -> None:
        setattr(holder, self.place, self.data or 0)


class Seconds(Placed, Number):
    """A google.protobuf.Duration in whole seconds; nothing leaves it to the server. A stored fraction of a second
    stays unless the seconds are changed."""

    def read(self, holder: Any) -> int | None:
        return getattr(holder, self.place).seconds if holder.HasField(self.place) else None

    def write(self, holder: Any) -> None:
        if self.data is None:
            holder.ClearField(self.place)
        else:
            getattr(holder, self.place).FromSeconds(self.data)


class Choice(Placed, SelectField):
    """One value of an enum. `labels` gives words to the values that the form offers; others stay if stored."""

    def __init__(self, label: str, labels: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(
            label,
            choices=[SelectChoice(value, word) for value, word in labels],
            coerce=int,
            default=labels[0][0],
            **kwargs,
        )

    def meet(self, message: Message) -> None:
        offered: Any = self.choices
        stored = self.read(self.holder(message))
        if stored not in [choice.value for choice in offered]:
            self.choices = [*offered, SelectChoice(stored, f"as it is ({stored})")]


UNSET = -1


class MaybeChoice(Choice):
    """One value of an enum that may be unset, which `labels` offers as UNSET."""

    def read(self, holder: Any) -> Any:
        return getattr(holder, self.place) if holder.HasField(self.place) else UNSET

    def write(self, holder: Any) -> None:
        if self.data == UNSET:
            holder.ClearField(self.place)
        else:
            super().write(holder)


class TextMap(Area):
    """A map of strings, as a JSON object."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, [*kwargs.pop("validators", []), string_map], **kwargs)

    def read(self, holder: Any) -> str:
        value = dict(getattr(holder, self.place))
        return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) if value else ""

    def write(self, holder: Any) -> None:
        holder.ClearField(self.place)
        getattr(holder, self.place).update(parsed(self, {}))


class Json(Area):
    """A sub-message, or a list of them with `many`, as protobuf JSON. What is stored comes masked."""

    def __init__(self, label: str, kind: type[Message], *, many: bool = False, **kwargs: Any) -> None:
        super().__init__(label, [json_list_of(kind) if many else json_of(kind), self.check], **kwargs)
        self.kind, self.many = kind, many

    def read(self, holder: Any) -> str:
        value = MessageToDict(masked(holder), preserving_proto_field_name=True).get(self.place)
        return json.dumps(value, indent=2, ensure_ascii=False) if value else ""

    def write(self, holder: Any) -> None:
        self._replace(holder)

    def check(self, form: "ProtoForm", _: Any) -> None:
        """Every mask has to stand for something."""
        if form.stored is None or self.errors:
            return
        if lost := self._replace(self.holder(copy_of(form.stored))):
            raise ValidationError(f"{MASK} in {lost[0]} hides nothing that is stored. Give the text itself.")

    def _replace(self, holder: Any) -> list[str]:
        """Gives the names of fields with a mask that hides nothing."""
        before = copy_of(holder)
        holder.ClearField(self.place)
        if value := parsed(self, None):
            ParseDict({self.place: value}, holder)
            return keep_secrets(holder, before)
        return []


class ProtoForm(SharedForm):
    """A form over one stored message. `seen` notices when someone else changed it while the form was open."""

    stored: Message | None = None

    def over(self, stored: Message) -> Self:
        """Says what is stored, of which the checks and some fields want to know. `load` does it too."""
        self.stored = stored
        for field in self._placed():
            field.meet(stored)
        return self

    def load(self, message: Message) -> Self:
        """Fills the form from what is stored."""
        self.stored = message
        for field in self._placed():
            field.load(message)
        self.seen.data = fingerprint(message)
        return self

    def store(self, message: Message) -> None:
        """Writes the entries onto a message; what the form doesn't show stays."""
        for field in self._placed():
            field.store(message)

    def sketch(self, stored: Message) -> Any:
        """A copy of the stored message with the entries that are valid so far, for checks while they are typed."""
        self.validate()
        sketch = copy_of(stored)
        for field in self._placed():
            if not field.errors:
                field.store(sketch)
        return sketch

    def still(self, stored: Message) -> bool:
        """False, with the entries kept, if the stored message is not the one that this form was filled from.

        Sent a second time the form goes through: its sender has been told.
        """
        now = fingerprint(stored)
        if self.seen.data and self.seen.data != now:
            self.changed_meanwhile = True
            self.seen.data = now
        return not self.changed_meanwhile

    def _placed(self) -> list[Placed]:
        return [field for field in self if isinstance(field, Placed)]
