"""A recording as one text: the request as protobuf JSON, as `lk` reads it."""

import re
from typing import Any

from google.protobuf.json_format import ParseDict
from wtforms import SelectField, ValidationError

from ..services.egress_requests import ANY, STARTS, request_json, unfilled
from ..services.stored import SECRET_FIELDS
from .base import Form, LongText, SelectChoice, at_most, fits, parse, required
from .egress import StartForm

KINDS = {kind: start.message for kind, start in STARTS.items()} | {"any": ANY.message}
WORDS = {
    "room": "Room",
    "participant": "Participant",
    "tracks": "Two tracks",
    "track": "Track",
    "web": "Web page",
    "any": "Anything, by the second generation of the API",
}
# Bytes. Ours: the key of a Google account has some two thousand.
LONGEST = 64 * 1024
# Both spellings that protobuf reads, and the key inside of a key file.
_NAMES = {*SECRET_FIELDS, "private_key"}
_NAMES |= {re.sub(r"_(.)", lambda found: found[1].upper(), name) for name in _NAMES}
SECRET = re.compile(
    rf'("(?:{"|".join(sorted(_NAMES))})"\s*:\s*)"(?!\$[A-Z][A-Z0-9_]*")(?:[^"\\]|\\.)*("|$)', re.DOTALL
)


class RequestText(LongText):
    """What was entered comes back without its secrets."""

    @property
    def again(self) -> bool:
        """Whether there was a secret, which has to be entered again."""
        return bool(self.raw_data) and self._value() != self.data

    def _value(self) -> str:
        return SECRET.sub(r'\1"$SECRET"', self.data) if self.raw_data else self.data


class JsonStartForm(Form):
    """Any request that LiveKit takes, whatever the other form lacks."""

    what = SelectField(
        "What to record", choices=[SelectChoice(*pair) for pair in WORDS.items()], default="room"
    )
    json = RequestText(
        "Request",
        [required("Give the request."), at_most(LONGEST)],
        description="Protobuf JSON, as lk reads it.",
    )

    @classmethod
    def like(cls, form: StartForm) -> "JsonStartForm":
        """Filled with what the other form would send."""
        return cls(data={"what": form.what.data, "json": request_json(form.request())})

    def validate_json(self, field: RequestText) -> None:
        """Checked by WTForms after the field's own checks."""
        if not field.data.strip():
            raise ValidationError("Give the request.")
        if self.what.errors:
            return
        fits(parse(field.data, dict, "{…}"), KINDS[self.what.data])
        if left := unfilled(self.request()):
            raise ValidationError(f"Put the text itself in place of {left[0]}.")

    def request(self) -> Any:
        """The request for LiveKit; of a form that needs another look, an empty one."""
        blank: Any = KINDS.get(self.what.data, ANY.message)()
        return blank if self.json.errors else ParseDict(parse(self.json.data, dict, "{…}"), blank)
