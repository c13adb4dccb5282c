"""Forms for SIP trunks, with every field that LiveKit has."""

from typing import Any

from livekit.protocol.sip import SIPStatusCode, SIPTransport
from wtforms import ValidationError

from livekit_dashboard.forms.base import at_most, required, utf8
from livekit_dashboard.forms.proto import Area, Choice, Line, Lines, ProtoForm, Seconds, Secret, TextMap, Tick
from livekit_dashboard.forms.stored_json import Whole
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, MAX_NAME
from livekit_dashboard.services.sip.trunks import KINDS, Direction

from .media import HEADERS, LONGEST, NUMBERS_HINT, MediaForm, host, source_addresses

CODES: Any = SIPStatusCode
# Codes whose names in LiveKit differ from the usual reason phrases.
PHRASES = {404: "Not found", 414: "Request-URI too long", 481: "Call or transaction does not exist"}


def _phrase(name: str, code: int) -> str:
    words = name.removeprefix("SIP_STATUS_").removeprefix("GLOBAL_").replace("_", " ").capitalize()
    return f"{code} {PHRASES.get(code, words)}"


# From 400 on: what a caller can be refused with.
STATUSES = (
    (0, "LiveKit’s own choice"),
    *((code, _phrase(name, code)) for code, name in sorted((b, a) for a, b in CODES.items()) if code >= 400),
)


class TrunkForm(MediaForm):
    """Fields that trunks of both directions have."""

    name = Line(
        "Name",
        [utf8, at_most(MAX_NAME)],
        description="Shown in lists. LiveKit identifies the trunk by its ID.",
    )
    auth_username = Line("User name", [utf8])
    auth_password = Secret("Password", [utf8])
    metadata = Area(
        "Metadata",
        [utf8, at_most(MAX_METADATA)],
        description="Any text. LiveKit stores it and doesn’t use it.",
    )
    headers = TextMap("Headers", description='Sent with every call. JSON, such as {"X-Team": "support"}.')
    headers_to_attributes = TextMap(
        "Headers to attributes",
        description='Headers of the other side to copy into the participant’s attributes. JSON, such as {"X-Ticket": "ticket"}.',
    )
    attributes_to_headers = TextMap(
        "Attributes to headers",
        description='Attributes of the participant to send as headers in BYE. JSON, such as {"mood": "X-Mood"}.',
    )
    include_headers = Choice(
        "Headers kept as attributes", HEADERS, description="As sip.h.* attributes of the participant."
    )

    def validate_auth_username(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.auth_password.data and not field.data:
            raise ValidationError("A password needs a user name.")

    def validate_auth_password(self, field: Secret) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.auth_username.data and not field.data and not field.is_set:
            raise ValidationError("A user name needs a password: LiveKit uses neither alone.")

    def store(self, message: Any) -> None:
        had_user = bool(message.auth_username)
        super().store(message)
        if had_user and not message.auth_username:
            message.auth_password = ""


class InboundTrunkForm(TrunkForm):
    """An inbound trunk."""

    numbers = Lines(
        "Your numbers", [utf8], description=f"{NUMBERS_HINT} If empty, any number that no other trunk lists."
    )
    allowed_addresses = Lines(
        "Allowed addresses",
        [utf8, source_addresses],
        description="One per line: an address, a range such as 203.0.113.0/24, or the host in the From header. If empty, any.",
    )
    allowed_numbers = Lines(
        "Allowed numbers", [utf8], description=f"Callers that are accepted. {NUMBERS_HINT} If empty, any."
    )
    auth_realm = Line(
        "Realm", [utf8], description="Realm of the SIP authentication. If empty, LiveKit’s own."
    )
    ringing_timeout = Seconds(
        "Ring for at most", high=LONGEST, description="Seconds. LiveKit SIP’s own if empty."
    )
    ringing_timeout_status = Choice("Then answer", STATUSES)
    max_call_duration = Seconds(
        "Longest call", high=LONGEST, description="Seconds. LiveKit SIP’s own if empty."
    )
    krisp_enabled = Tick("Filter noise", description="Krisp, for the caller’s voice. LiveKit Cloud only.")

    def validate_numbers(self, field: Lines) -> None:
        """Checked by WTForms after the field's own checks."""
        if not (
            field.lines or self.allowed_addresses.lines or self.auth_username.data or self.auth_password.data
        ):
            raise ValidationError(
                "Enter numbers, allowed addresses, or a user name and password: LiveKit requires one of them."
            )


class OutboundTrunkForm(TrunkForm):
    """An outbound trunk."""

    address = Line(
        "Address",
        [required("Enter the provider’s SIP host."), utf8, host],
        description="SIP host of the provider, with a port if it isn’t the default.",
    )
    numbers = Lines(
        "Your numbers",
        [utf8],
        description="One per line, as + and digits. A call comes from one of them unless it names its own number. * if every call does.",
    )
    transport = Choice(
        "Transport",
        (
            (SIPTransport.SIP_TRANSPORT_AUTO, "Automatic"),
            (SIPTransport.SIP_TRANSPORT_UDP, "UDP"),
            (SIPTransport.SIP_TRANSPORT_TCP, "TCP"),
            (SIPTransport.SIP_TRANSPORT_TLS, "TLS"),
        ),
    )
    destination_country = Line(
        "Destination country",
        [utf8],
        description="Two letters, such as DE. LiveKit Cloud dials from a region nearby.",
    )
    from_host = Line(
        "From host", [utf8, host], description="Host in the From header. If empty, this server’s own."
    )

    def validate_numbers(self, field: Lines) -> None:
        """Checked by WTForms after the field's own checks."""
        if not field.lines:
            raise ValidationError("Enter at least one number to call from: LiveKit requires it.")


FORMS: dict[Direction, type[TrunkForm]] = {"inbound": InboundTrunkForm, "outbound": OutboundTrunkForm}


class _InboundJson(ProtoForm):
    json = Whole("Trunk as JSON", KINDS["inbound"], own_id="sip_trunk_id", around="trunk")


class _OutboundJson(ProtoForm):
    json = Whole("Trunk as JSON", KINDS["outbound"], own_id="sip_trunk_id", around="trunk")


JSON_FORMS: dict[Direction, type[ProtoForm]] = {"inbound": _InboundJson, "outbound": _OutboundJson}


def trunk_form(direction: Direction, *, as_json: bool) -> type[ProtoForm]:
    """The form of a trunk: by fields, or as one JSON text."""
    return (JSON_FORMS if as_json else FORMS)[direction]
