"""Forms that make, sign, send and verify webhooks."""

from typing import Any

from wtforms import SelectField, ValidationError
from wtforms.form import BaseForm

from livekit_dashboard.forms.base import Form, LongText, Text, at_most, required, utf8
from livekit_dashboard.services.webhooks.webhooks import EVENTS

MAX_BODY = 256 * 1024
# The stubs know no plain strings as choices.
_CHOICES: tuple[Any, ...] = EVENTS


class Event(SelectField):
    """The name of an event. WTForms' own sentence for an unknown one is not for readers."""

    def pre_validate(self, form: BaseForm) -> None:
        """Raises ValidationError for a name that is not in EVENTS."""
        if self.data not in EVENTS:
            raise ValidationError("LiveKit has no event of this name. Choose one from the list.")


class SampleForm(Form):
    """The event to make a sample of."""

    event = Event("Event", choices=[*_CHOICES], default=EVENTS[0])
    room = Text("Room", [utf8, at_most(256)], default="standup")
    identity = Text("Identity", [utf8, at_most(256)], default="ana")


class SignForm(Form):
    """A body to sign."""

    body = LongText("Body", [required("Paste a body, or make a sample."), utf8, at_most(MAX_BODY)])


class SendForm(SignForm):
    """A body to sign and send."""

    url = Text(
        "Endpoint",
        [required("Enter the address of your endpoint."), utf8, at_most(2048)],
        default="http://localhost:3000/webhook",
    )


class VerifyForm(Form):
    """A request to verify."""

    authorization = LongText(
        "Authorization header",
        [utf8, at_most(16 * 1024)],
        description="As it came, with or without the header’s name.",
    )
    body = LongText("Body", [required("Paste the body of the request."), utf8, at_most(MAX_BODY)])
