"""A form that is one text: a stored message as protobuf JSON."""

from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from wtforms import ValidationError

from livekit_dashboard.services.stored import MASK, keep_secrets, masked_json

from .base import LongText, fits, parse, required
from .proto import Placed, ProtoForm
from .secret_text import Schema, redacted


class Whole(Placed, LongText):
    """A whole message as the JSON that `lk` reads; `around` is its name in the request that `lk` creates one by.

    What is stored comes masked. A mask, or no secret, keeps the stored one. The id stays, whatever the text says.
    """

    def __init__(self, label: str, kind: type[Message], *, own_id: str, around: str, **kwargs: Any) -> None:
        super().__init__(label, [required("Give the JSON of one."), self.check], **kwargs)
        self.kind, self.own_id, self.around = kind, own_id, around

    @property
    def schema(self) -> Schema:
        kind: Any = self.kind
        schema: Schema = kind.DESCRIPTOR
        return schema

    def _value(self) -> str:
        wrappers = frozenset({self.around, _camel(self.around)})
        return redacted(self.data, self.schema, wrappers) if self.raw_data and self.data else self.data

    def load(self, message: Message) -> None:
        self.data = masked_json(message) if message.ListFields() else ""

    def store(self, message: Message) -> None:
        before = type(message)()
        before.CopyFrom(message)
        message.Clear()
        ParseDict(self._fields(), message)
        keep_secrets(message, before)
        setattr(message, self.own_id, getattr(before, self.own_id))

    def check(self, form: ProtoForm, _: Any) -> None:
        """Every field has to be one that LiveKit has, and every mask has to stand for something."""
        fields = self._fields()
        fits(fields, self.kind)
        edited, stored = ParseDict(fields, self.kind()), form.stored or self.kind()
        mine, other = getattr(stored, self.own_id), getattr(edited, self.own_id)
        if mine and other not in ("", mine):
            raise ValidationError(f"This is the JSON of {other}, and this page edits {mine}.")
        if lost := keep_secrets(edited, stored):
            raise ValidationError(f"{MASK} in {lost[0]} hides nothing that is stored. Give the text itself.")

    def _fields(self) -> Any:
        value = parse(self.data, dict, "{…}")
        # With `{"dispatchRule": …}` it is the same.
        names = {self.around, _camel(self.around)}
        inner = next(iter(value.values())) if len(value) == 1 and value.keys() & names else value
        if not isinstance(inner, dict):
            raise ValidationError("This has to look like {…}.")
        return inner


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
