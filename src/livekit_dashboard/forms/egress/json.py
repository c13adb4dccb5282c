"""A recording as one text: the request as protobuf JSON, as `lk` reads it."""

from typing import Any

from google.protobuf.json_format import ParseDict
from wtforms import SelectField, ValidationError

from livekit_dashboard.forms.base import Form, LongText, SelectChoice, at_most, fits, parse, required
from livekit_dashboard.forms.secret_text import Schema
from livekit_dashboard.services.egress.requests import ANY, STARTS, request_json, unfilled

from .start import StartForm

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


class RequestText(LongText):
    """A request of the kind that the form says."""

    kind: Any = ANY.message

    @property
    def schema(self) -> Schema:
        kind: Any = self.kind
        schema: Schema = kind.DESCRIPTOR
        return schema


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.json.kind = KINDS.get(self.what.data, ANY.message)

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
