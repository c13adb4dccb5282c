"""Forms of SIP trunks, with every field that LiveKit has."""

from typing import Any

from livekit.protocol.sip import SIPStatusCode, SIPTransport
from wtforms import ValidationError

from ..services.rooms import MAX_METADATA, MAX_NAME
from ..services.sip_trunks import KINDS, Direction
from .base import at_most, required, utf8
from .proto import Area, Choice, Line, Lines, ProtoForm, Seconds, Secret, TextMap, Tick
from .sip_media import HEADERS, LONGEST, NUMBERS_HINT, MediaForm, host, source_addresses
from .whole import Whole

CODES: Any = SIPStatusCode
# Where LiveKit's names of the codes are not the words that others have for them.
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
    """What trunks of both directions have."""

    name = Line("Name", [utf8, at_most(MAX_NAME)], description="For people. LiveKit goes by the trunk’s id.")
    auth_username = Line("User name", [utf8])
    auth_password = Secret("Password", [utf8])
    metadata = Area(
        "Metadata",
        [utf8, at_most(MAX_METADATA)],
        description="Text of your own. LiveKit doesn’t look into it.",
    )
    headers = TextMap("Headers", description='Sent with every call. JSON, such as {"X-Team": "support"}.')
    headers_to_attributes = TextMap(
        "Headers to attributes",
        description='Of the other side’s headers, those that the participant gets. JSON, such as {"X-Ticket": "ticket"}.',
    )
    attributes_to_headers = TextMap(
        "Attributes to headers",
        description='Of the participant’s attributes, those sent in BYE. JSON, such as {"mood": "X-Mood"}.',
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
            raise ValidationError("A user name needs a password too: LiveKit uses neither alone.")

    def store(self, message: Any) -> None:
        had_user = bool(message.auth_username)
        super().store(message)
        if had_user and not message.auth_username:
            message.auth_password = ""


class InboundTrunkForm(TrunkForm):
    """A trunk that lets calls in."""

    numbers = Lines(
        "Your numbers", [utf8], description=f"{NUMBERS_HINT} Empty for any that no other trunk lists."
    )
    allowed_addresses = Lines(
        "Allowed addresses",
        [utf8, source_addresses],
        description="One a line: an address, a range such as 203.0.113.0/24, or the host in the From header. Any if empty.",
    )
    allowed_numbers = Lines(
        "Allowed numbers", [utf8], description=f"Who may call. {NUMBERS_HINT} Anyone if empty."
    )
    auth_realm = Line("Realm", [utf8], description="Of the password, in SIP’s sense. LiveKit’s own if empty.")
    ringing_timeout = Seconds(
        "Ring for at most", high=LONGEST, description="Seconds. LiveKit SIP’s own if empty."
    )
    ringing_timeout_status = Choice("Then answer", STATUSES)
    max_call_duration = Seconds(
        "Longest call", high=LONGEST, description="Seconds. LiveKit SIP’s own if empty."
    )
    krisp_enabled = Tick(
        "Filter noise", description="Krisp, for the caller’s voice. LiveKit Cloud alone has it."
    )

    def validate_numbers(self, field: Lines) -> None:
        """Checked by WTForms after the field's own checks."""
        if not (
            field.lines or self.allowed_addresses.lines or self.auth_username.data or self.auth_password.data
        ):
            raise ValidationError(
                "Give numbers here, or allowed addresses, or a user and password: LiveKit takes no trunk without one of them."
            )


class OutboundTrunkForm(TrunkForm):
    """A trunk that calls go out by."""

    address = Line(
        "Address",
        [required("Say where calls go: the provider’s SIP host."), utf8, host],
        description="Host of the provider, with a port if it isn’t the usual one.",
    )
    numbers = Lines(
        "Your numbers",
        [utf8],
        description="One a line, + and digits. Calls come from one of them, unless the call names another.",
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
        description="Two letters, such as DE. LiveKit Cloud dials from near there.",
    )
    from_host = Line("From host", [utf8, host], description="In the From header. This server’s own if empty.")

    def validate_numbers(self, field: Lines) -> None:
        """Checked by WTForms after the field's own checks."""
        if not field.lines:
            raise ValidationError("Give at least one number to call from: LiveKit takes no trunk without.")


FORMS: dict[Direction, type[TrunkForm]] = {"inbound": InboundTrunkForm, "outbound": OutboundTrunkForm}


class _InboundJson(ProtoForm):
    json = Whole("Trunk as JSON", KINDS["inbound"], own_id="sip_trunk_id", around="trunk")


class _OutboundJson(ProtoForm):
    json = Whole("Trunk as JSON", KINDS["outbound"], own_id="sip_trunk_id", around="trunk")


JSON_FORMS: dict[Direction, type[ProtoForm]] = {"inbound": _InboundJson, "outbound": _OutboundJson}


def trunk_form(direction: Direction, *, as_json: bool) -> type[ProtoForm]:
    """The form of a trunk, field by field or as one text."""
    return (JSON_FORMS if as_json else FORMS)[direction]
