"""Forms that change a running recording: its layout and its streams."""

from wtforms import ValidationError

from livekit_dashboard.forms.base import Form, Text, at_most, utf8
from livekit_dashboard.services.egress.jobs import Job, stream_key
from livekit_dashboard.services.stream_urls import fault, stands_for

from .fields import LONGEST, PATH, Lines


class LayoutForm(Form):
    """Another layout for a running recording."""

    layout = Text(
        "Layout",
        [*PATH, at_most(LONGEST)],
        description="speaker-dark, grid-light, or a layout of your template.",
    )

    def validate_layout(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if not field.data.strip():
            raise ValidationError("Enter a layout.")


class AddStreamsForm(Form):
    """More streams for a running recording."""

    urls = Lines(
        "Stream addresses", [utf8, at_most(LONGEST)], description="One per line, all of the same protocol."
    )

    def validate_urls(self, field: Lines) -> None:
        """Checked by WTForms after the field's own checks."""
        if not field.lines:
            raise ValidationError("Enter an address.")
        faults = [found for url in field.lines if (found := fault(url, ("RTMP", "SRT")))]
        if faults:
            raise ValidationError(faults[0])


class RemoveStreamForm(Form):
    """The whole address of a stream to end: LiveKit masks keys when it lists streams, but needs them to find one."""

    address = Text(
        "Stream address", [utf8, at_most(LONGEST)], description="The whole address, including the key."
    )

    def fits(self, job: Job) -> bool:
        """False, with a message at the field, if the job streams to no such address."""
        url = self.address.data = self.address.data.strip()
        running = [stream for stream in job.streams if stream.state == "active"]
        if not url:
            self.address.errors = ["Enter the address."]
        elif not any(stream_key(url) == stream.key or stands_for(stream.name, url) for stream in running):
            self.address.errors = [
                "This recording has no active stream at this address. Enter exactly the address that was added."
            ]
        return not self.wrong
