"""The call that the match explainer is asked about. A GET form: its address can be passed on."""

from wtforms import ValidationError

from ..services.sip_match import Call
from ..services.sip_match.addresses import parse_address
from .base import Form, Text, at_most, required, utf8

LONGEST = 256  # Bytes; ours, since no number is longer.


class MatchForm(Form):
    """What a call brings along, under short names in the address."""

    calling = Text(
        "From",
        [required("Say who calls."), utf8, at_most(LONGEST)],
        name="from",
        description="The caller, spelt as the provider sends it in the From header.",
    )
    called = Text(
        "To",
        [required("Say which number is called."), utf8, at_most(LONGEST)],
        name="to",
        description="The number that is called, as in the To header.",
    )
    source = Text(
        "Source address",
        [at_most(LONGEST)],
        description="IP address that the call comes from. Not checked if empty.",
    )
    host = Text("From host", [utf8, at_most(LONGEST)], description="Host in the From header, after the @.")
    pin = Text("PIN", [utf8, at_most(LONGEST)], description="What the caller types when asked. # for none.")

    def validate_source(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.data and parse_address(field.data) is None:
            raise ValidationError("Give an IP address, such as 203.0.113.7. LiveKit looks up no names.")

    def call(self) -> Call:
        """What to explain. No PIN is one not typed yet; # alone is an empty one."""
        typed = self.pin.data.removesuffix("#") if self.pin.data else None
        return Call(self.calling.data, self.called.data, self.source.data, self.host.data, typed)
