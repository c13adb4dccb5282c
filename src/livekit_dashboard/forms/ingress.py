"""Forms of ingresses, with every field that LiveKit has."""

from typing import Any
from urllib.parse import urlsplit

import wtforms
from livekit.protocol.ingress import IngressInput
from wtforms import ValidationError

from ..services.participants import MAX_IDENTITY
from ..services.rooms import MAX_METADATA, MAX_NAME
from .base import at_most, required, utf8
from .ingress_media import OFF, MediaForm
from .proto import UNSET, Area, Choice, Line, MaybeChoice, ProtoForm, Tick

SCHEMES = ("http", "https", "srt")
LONGEST_URL = 8 * 1024  # Bytes; ours, no proxy takes more.


class Transcoding(MaybeChoice):
    """Once LiveKit has chosen, it can't be asked to choose again."""

    def meet(self, message: Any) -> None:
        offered: Any = self.choices
        if message.HasField(self.place):
            self.choices = [choice for choice in offered if choice.value != UNSET]
            if not self.raw_data:
                self.data = self.read(message)


class Enabled(Tick):
    """Not set means yes."""

    def read(self, holder: Any) -> bool:
        return bool(holder.enabled) if holder.HasField("enabled") else True


def not_emptied(form: ProtoForm, field: wtforms.Field) -> None:
    """LiveKit takes an empty text for one that stays."""
    stored: Any = form.stored
    if not field.data and getattr(stored, field.short_name):
        raise ValidationError("LiveKit can’t empty this. Give another text, or create a new ingress.")


class IngressForm(MediaForm):
    """What can be changed of an ingress that is there."""

    name = Line(
        "Name", [utf8, at_most(MAX_NAME), not_emptied], description="For people. LiveKit goes by the id."
    )
    room_name = Line(
        "Room",
        [utf8, at_most(MAX_NAME), not_emptied],
        description="Opened when the stream comes, if it isn’t open. Streams are refused while there is none.",
    )
    participant_identity = Line(
        "Identity",
        [required("Give the participant an identity."), utf8, at_most(MAX_IDENTITY)],
        description="The stream is a participant in the room. A second one of this identity replaces the first.",
    )
    participant_name = Line(
        "Participant name", [utf8, at_most(MAX_NAME), not_emptied], description="What others in the room see."
    )
    participant_metadata = Area(
        "Metadata", [utf8, at_most(MAX_METADATA), not_emptied], description="Of the participant."
    )
    enable_transcoding = Transcoding(
        "Transcoding",
        ((UNSET, "LiveKit’s choice: on for RTMP and URL, off for WHIP"), (1, "On"), (OFF, "Off, WHIP only")),
        description="Off forwards a WHIP stream as it comes: less delay and load, and no layers but its own.",
    )
    enabled = Enabled("Enabled", default=True, description="A disabled ingress takes no stream.")

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
            raise ValidationError("Only WHIP can come without transcoding.")


class NewIngressForm(IngressForm):
    """An ingress that is to be created."""

    input_type = Choice(
        "What comes in",
        (
            (IngressInput.RTMP_INPUT, "RTMP"),
            (IngressInput.WHIP_INPUT, "WHIP"),
            (IngressInput.URL_INPUT, "URL"),
        ),
    )
    url = Line(
        "URL",
        [utf8, at_most(LONGEST_URL)],
        description="A file or a stream that a worker fetches at once: http, https or srt.",
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
            raise ValidationError("Say where the worker shall fetch it.")
        try:
            parts = urlsplit(field.data)
        except ValueError:
            raise ValidationError("This can’t be read as a URL.") from None
        if parts.scheme not in SCHEMES or not parts.netloc:
            raise ValidationError("LiveKit fetches http://, https:// and srt:// addresses.")

    def validate_room_name(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.kind == IngressInput.URL_INPUT and not field.data:
            raise ValidationError("Say which room. It is fetched at once, so this can’t wait.")

    def validate_enabled(self, field: Enabled) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.kind == IngressInput.URL_INPUT and not field.data:
            raise ValidationError("A URL is fetched at once, so it can’t be created disabled.")
