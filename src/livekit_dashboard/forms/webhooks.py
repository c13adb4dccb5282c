"""Forms of the webhook sandbox."""

from typing import Any

from wtforms import SelectField

from ..services.webhooks import EVENTS
from .base import Form, LongText, Text, at_most, required, utf8

MAX_BODY = 256 * 1024
# The stubs know no plain strings as choices.
_CHOICES: tuple[Any, ...] = EVENTS


class SampleForm(Form):
    """Which event to show a sample of."""

    event = SelectField("Event", choices=[*_CHOICES], default=EVENTS[0])
    room = Text("Room", [utf8, at_most(256)], default="standup")
    identity = Text("Identity", [utf8, at_most(256)], default="ana")


class SignForm(Form):
    """A body to sign."""

    body = LongText("Body", [required("Paste the body, or make a sample."), utf8, at_most(MAX_BODY)])


class SendForm(SignForm):
    """A body to sign and send."""

    url = Text(
        "Your endpoint",
        [required("Say where to send it."), utf8, at_most(2048)],
        default="http://localhost:3000/webhook",
    )


class VerifyForm(Form):
    """A request to check."""

    authorization = LongText("Authorization header", [at_most(16 * 1024)], description="The token alone.")
    body = LongText("Body", [required("Paste the body as it came."), utf8, at_most(MAX_BODY)])
