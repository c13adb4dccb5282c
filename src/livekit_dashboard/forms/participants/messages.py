"""Forms of what is sent into a room, and to where participants are sent."""

from collections.abc import Iterable
from typing import Any, Self

from wtforms import RadioField, ValidationError

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.forms.base import (
    Checks,
    Form,
    LongText,
    Number,
    SelectChoice,
    Text,
    at_most,
    plain,
    required,
    utf8,
)
from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.participants.messages import (
    MAX_DATA,
    MAX_RPC_PAYLOAD,
    MAX_TOPIC,
    RPC_SECONDS,
    Data,
    Rpc,
)
from livekit_dashboard.services.rooms.rooms import MAX_NAME
from livekit_dashboard.web.bulk import picked

LONGEST = 60  # Seconds; ours.


class DataForm(Form):
    """Data for everyone in a room, or for some. Identities travel as in addresses."""

    payload = LongText("Payload", [required("There is nothing to send."), utf8, at_most(MAX_DATA)])
    topic = Text(
        "Topic",
        [utf8, at_most(MAX_TOPIC)],
        description="Apps choose by it what they listen to. May be empty.",
    )
    how = RadioField("How", choices=plain(["reliable", "lossy"]), default="reliable")
    to = Checks("To", choices=[], default=[], validate_choice=False)

    def offer(self, people: Iterable[Participant]) -> Self:
        """Those who may be chosen."""
        known = sorted(people, key=lambda person: (person.label.casefold(), person.identity))
        self.to.choices = [SelectChoice(encode_name(person.identity), person.label) for person in known]
        return self

    def wanted(self) -> Data:
        """What to send."""
        return Data(self.payload.data, self.topic.data, self.how.data == "reliable", picked(self.to.data))

    @property
    def gone(self) -> int:
        """How many of those who were chosen are not there any more."""
        choices: Any = self.to.choices
        return len(set(self.to.data) - {choice.value for choice in choices})


class RpcForm(Form):
    """A remote procedure call."""

    method = Text(
        "Method",
        [required("Say which method."), utf8],
        description="As the participant’s app has registered it.",
    )
    payload = LongText(
        "Payload", [utf8, at_most(MAX_RPC_PAYLOAD)], description="Text, often JSON. 15 KiB at most."
    )
    seconds = Number("Wait for", low=1, high=LONGEST, default=RPC_SECONDS, description="Seconds, 60 at most.")

    def wanted(self) -> Rpc:
        """What to ask."""
        return Rpc(self.method.data, self.payload.data, self.seconds.data or RPC_SECONDS)


class ElsewhereForm(Form):
    """Another room for a participant."""

    destination = Text(
        "To room", [required("Say which room."), utf8, at_most(MAX_NAME)], description="It has to be open."
    )
    here = ""

    def validate_destination(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.data == self.here:
            raise ValidationError("That is the room they are in.")
