"""Forms that change a recording or a stream while it runs."""

from wtforms import ValidationError

from ..services.egress_jobs import Job, stream_key
from ..services.stream_urls import fault, stands_for
from .base import Form, Text, at_most, utf8
from .egress_fields import LONGEST, PATH, Lines


class LayoutForm(Form):
    """Another layout for a recording that runs."""

    layout = Text(
        "Layout",
        [*PATH, at_most(LONGEST)],
        description="speaker-dark, grid-light or what your template knows.",
    )

    def validate_layout(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if not field.data.strip():
            raise ValidationError("Say which layout.")


class AddStreamsForm(Form):
    """More addresses for a stream that runs."""

    urls = Lines(
        "Stream addresses", [utf8, at_most(LONGEST)], description="One a line, of the same protocol."
    )

    def validate_urls(self, field: Lines) -> None:
        """Checked by WTForms after the field's own checks."""
        if not field.lines:
            raise ValidationError("Give an address.")
        faults = [found for url in field.lines if (found := fault(url, ("RTMP", "SRT")))]
        if faults:
            raise ValidationError(faults[0])


class RemoveStreamForm(Form):
    """An address to end, whole: LiveKit shows RTMP addresses without their keys, and finds them by all of it."""

    address = Text(
        "Stream address", [utf8, at_most(LONGEST)], description="Whole, with the key that LiveKit hides."
    )

    def fits(self, job: Job) -> bool:
        """False, with a message at the field, if the job streams to no such address."""
        url = self.address.data = self.address.data.strip()
        running = [stream for stream in job.streams if stream.state == "active"]
        if not url:
            self.address.errors = ["Give the address."]
        elif not any(stream_key(url) == stream.key or stands_for(stream.name, url) for stream in running):
            self.address.errors = [
                "It doesn’t stream there now. The address has to be the same to the letter."
            ]
        return not self.wrong
