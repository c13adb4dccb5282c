"""Forms to create and edit an ingress, with every field of LiveKit's API."""

from typing import Any
from urllib.parse import urlsplit

import wtforms
from livekit.protocol.ingress import IngressInput
from wtforms import ValidationError

from livekit_dashboard.forms.base import at_most, required, utf8
from livekit_dashboard.forms.proto import UNSET, Area, Choice, Line, MaybeChoice, ProtoForm, Tick
from livekit_dashboard.services.participants.info import MAX_IDENTITY
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, MAX_NAME

from .media import OFF, MediaForm

SCHEMES = ("http", "https", "srt")
LONGEST_URL = 8 * 1024  # Bytes; ours, no proxy takes more.


class Transcoding(MaybeChoice):
    """A choice without “LiveKit default” once LiveKit has set it: it can't be unset."""

    def meet(self, message: Any) -> None:
        offered: Any = self.choices
        if message.HasField(self.place):
            self.choices = [choice for choice in offered if choice.value != UNSET]
            if not self.raw_data:
                self.data = self.read(message)


class Enabled(Tick):
    """A checkbox for a field that counts as true if it is not set."""

    def read(self, holder: Any) -> bool:
        return bool(holder.enabled) if holder.HasField("enabled") else True


def not_emptied(form: ProtoForm, field: wtforms.Field) -> None:
    """Rejects clearing a stored text, which LiveKit doesn't do: an empty text leaves it unchanged."""
    stored: Any = form.stored
    if not field.data and getattr(stored, field.short_name):
        raise ValidationError("LiveKit can’t clear this. Enter another text, or create a new ingress.")


class IngressForm(MediaForm):
    """The fields of an existing ingress that can be changed."""

    name = Line(
        "Name",
        [utf8, at_most(MAX_NAME), not_emptied],
        description="A label. LiveKit identifies an ingress by its id.",
    )
    room_name = Line(
        "Room",
        [utf8, at_most(MAX_NAME), not_emptied],
        description="Opened when a stream arrives. Without a room, streams are rejected.",
    )
    participant_identity = Line(
        "Identity",
        [required("Enter an identity."), utf8, at_most(MAX_IDENTITY)],
        description="Of the participant in the room. It replaces another participant with this identity.",
    )
    participant_name = Line(
        "Participant name", [utf8, at_most(MAX_NAME), not_emptied], description="Shown to other participants."
    )
    participant_metadata = Area(
        "Metadata", [utf8, at_most(MAX_METADATA), not_emptied], description="Of the participant."
    )
    enable_transcoding = Transcoding(
        "Transcoding",
        ((UNSET, "LiveKit default: on for RTMP and URL, off for WHIP"), (1, "On"), (OFF, "Off, WHIP only")),
        description="If off, a WHIP stream is forwarded unchanged, with less delay and load, and only with its own layers.",
    )
    enabled = Enabled("Enabled", default=True, description="A disabled ingress rejects streams.")

    @property
    def kind(self) -> int:
        """The input type."""
        stored: Any = self.stored
        return int(stored.input_type)

    @property
    def transcodes(self) -> bool:
        if self.enable_transcoding.data == UNSET:
            return self.kind != IngressInput.WHIP_INPUT
        return bool(self.enable_transcoding.data != OFF)

    def validate_enable_transcoding(self, field: Transcoding) -> None:
        """Checked by WTForms after the field's own checks."""
        if not self.transcodes and self.kind != IngressInput.WHIP_INPUT:
            raise ValidationError("Transcoding can be off for WHIP only.")


class NewIngressForm(IngressForm):
    """A new ingress."""

    input_type = Choice(
        "Input",
        (
            (IngressInput.RTMP_INPUT, "RTMP"),
            (IngressInput.WHIP_INPUT, "WHIP"),
            (IngressInput.URL_INPUT, "URL"),
        ),
    )
    url = Line(
        "URL",
        [utf8, at_most(LONGEST_URL)],
        description="A file or a stream, which a worker fetches immediately: http, https or srt.",
    )

    @property
    def kind(self) -> int:
        return int(self.input_type.data)

    def store(self, message: Any) -> None:
        super().store(message)
        if self.kind != IngressInput.URL_INPUT:
            message.ClearField("url")

    def validate_url(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.kind != IngressInput.URL_INPUT:
            return
        if not field.data:
            raise ValidationError("Enter the URL to fetch.")
        try:
            parts = urlsplit(field.data)
        except ValueError:
            raise ValidationError("This is not a valid URL.") from None
        if parts.scheme not in SCHEMES or not parts.netloc:
            raise ValidationError("Enter an address that begins with http://, https:// or srt://.")

    def validate_room_name(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.kind == IngressInput.URL_INPUT and not field.data:
            raise ValidationError(
                "Enter a room. A URL is fetched immediately, so the room can’t be set later."
            )

    def validate_enabled(self, field: Enabled) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.kind == IngressInput.URL_INPUT and not field.data:
            raise ValidationError("A URL is fetched immediately, so the ingress can’t be created disabled.")
