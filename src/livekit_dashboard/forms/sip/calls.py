"""Forms of phone calls: placing one, and transferring one."""

import re
from collections.abc import Iterable
from typing import Any, Self

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from livekit.protocol.sip import CreateSIPParticipantRequest, SIPTransport
from wtforms import Form, RadioField, SelectField, ValidationError

from livekit_dashboard.forms.base import (
    LongText,
    SelectChoice,
    at_most,
    json_of,
    parsed,
    plain,
    required,
    utf8,
)
from livekit_dashboard.forms.proto import (
    Area,
    Choice,
    Line,
    Placed,
    ProtoForm,
    Seconds,
    Secret,
    TextMap,
    Tick,
)
from livekit_dashboard.services.participants.info import MAX_ATTRIBUTES, MAX_IDENTITY
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, MAX_NAME
from livekit_dashboard.services.sip.call_requests import RINGING
from livekit_dashboard.services.sip.calls import OutboundTrunk
from livekit_dashboard.services.stored import masked_json

from .media import HEADERS, LONGEST, MediaForm, host

MAX_DISPLAY_NAME = 128  # Bytes; LiveKit's own limit.
LONGEST_RING = 180  # Seconds; livekit-sip's own limit where a call sets none.
TRANSPORTS = (
    (SIPTransport.SIP_TRANSPORT_AUTO, "Automatic"),
    (SIPTransport.SIP_TRANSPORT_UDP, "UDP"),
    (SIPTransport.SIP_TRANSPORT_TCP, "TCP"),
    (SIPTransport.SIP_TRANSPORT_TLS, "TLS"),
)
WAYS = ("trunk", "host")


def sip_uri(_: Form, field: Line) -> None:
    """An address that SIP headers take."""
    if field.data and not re.fullmatch(r"<?sips?:[^\s<>\"]+>?", field.data, re.IGNORECASE):
        raise ValidationError("Enter an address that begins with sip: or sips:, without spaces or a name.")


class TrunkChoice(Placed, SelectField):
    """One of the outbound trunks given to `offer`."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, choices=[], validate_choice=False, default="", **kwargs)

    def offer(self, trunks: Iterable[OutboundTrunk]) -> None:
        """Lists these trunks. A trunk that was chosen stays, even if it is not among them."""
        choices = {trunk.id: f"{trunk.label} ({trunk.id})" for trunk in trunks}
        if self.data and self.data not in choices:
            choices[self.data] = self.data
        self.choices = [SelectChoice(value, label) for value, label in choices.items()]
        if choices and not self.data and self.raw_data is None:
            self.data = next(iter(choices))


class CallForm(MediaForm):
    """Every field of a call that LiveKit accepts, the common ones first."""

    room_name = Line(
        "Room",
        [required("Enter the room that the phone joins."), utf8, at_most(MAX_NAME)],
        description="The call opens it if it isn’t open.",
    )
    sip_call_to = Line(
        "To",
        [required("Enter the number to call."), utf8],
        description="A number with + and digits, or a username at a PBX.",
    )
    via = RadioField("Route", choices=plain(WAYS), default=WAYS[0])
    sip_trunk_id = TrunkChoice("Trunk")
    sip_number = Line(
        "From",
        [utf8],
        description="The number shown to the called phone. If empty, one of the trunk’s numbers.",
    )
    hostname = Line("Host", [utf8, host], path="trunk.hostname", description="The provider’s SIP host.")
    transport = Choice("Transport", TRANSPORTS, path="trunk.transport")
    auth_username = Line("Username", [utf8], path="trunk.auth_username")
    auth_password = Secret("Password", [utf8], path="trunk.auth_password")
    from_host = Line(
        "From host", [utf8, host], path="trunk.from_host", description="Host in the From header."
    )
    destination_country = Line(
        "Destination country",
        [utf8],
        path="trunk.destination_country",
        description="Two letters, such as DE.",
    )
    headers_to_attributes = TextMap(
        "Headers to attributes",
        path="trunk.headers_to_attributes",
        description='JSON, such as {"X-Ticket": "ticket"}.',
    )
    attributes_to_headers = TextMap(
        "Attributes to headers",
        path="trunk.attributes_to_headers",
        description='Sent in BYE. JSON, such as {"mood": "X-Mood"}.',
    )
    wait_until_answered = Tick(
        "Wait for the answer",
        description="This page then shows the result: answered, busy, rejected, or not answered."
        " Without waiting, LiveKit doesn’t report why a call fails.",
    )
    ringing_timeout = Seconds(
        "Ringing timeout",
        low=1,
        high=LONGEST_RING,
        description=f"Seconds. If empty: {RINGING} when waiting for the answer, otherwise livekit-sip’s own limit of 180.",
    )
    max_call_duration = Seconds(
        "Max duration",
        low=1,
        high=LONGEST,
        description="Seconds. If empty, livekit-sip’s own limit of one day.",
    )
    participant_identity = Line(
        "Identity",
        [utf8, at_most(MAX_IDENTITY)],
        description="Of the phone in the room. If empty, LiveKit uses sip_ and the number.",
    )
    participant_name = Line("Name", [utf8, at_most(MAX_NAME)], description="Shown to other participants.")
    participant_attributes = TextMap(
        "Attributes",
        validators=[at_most(MAX_ATTRIBUTES)],
        description='Of the phone in the room. JSON, such as {"team": "support"}.',
    )
    participant_metadata = Area(
        "Metadata", [utf8, at_most(MAX_METADATA)], description="Of the phone in the room."
    )
    dtmf = Line(
        "DTMF digits",
        [utf8],
        description="Sent after the answer, for an extension or a menu: 0 to 9, * and #, and w for a pause of 0.5 s.",
    )
    display_name = Line(
        "Display name",
        [utf8, at_most(MAX_DISPLAY_NAME)],
        description="Caller name shown on the called phone, if the provider passes it on.",
    )
    play_dialtone = Tick("Play dial tone", description="In the room, until the call is answered.")
    hide_phone_number = Tick("Hide phone number", description="From the participants in the room.")
    krisp_enabled = Tick("Noise cancellation", description="Krisp. Available on LiveKit Cloud only.")
    headers = TextMap("Headers", description='Sent with the call. JSON, such as {"X-Team": "support"}.')
    sip_request_uri = Line(
        "Request URI",
        [utf8, sip_uri],
        path="sip_request_uri.raw",
        description="Overrides the URI of the INVITE, such as sip:+4930…@sip.example.com;transport=tls.",
    )
    sip_to_header = Line(
        "To header", [utf8, sip_uri], path="sip_to_header.raw", description="Overrides the To header’s URI."
    )
    sip_from_header = Line(
        "From header",
        [utf8, sip_uri],
        path="sip_from_header.raw",
        description="Overrides the From header’s URI.",
    )
    to_user_override = Line(
        "To user", [utf8], description="Overrides the user part of the Request URI and the To header."
    )
    include_headers = Choice(
        "Response headers to attributes",
        HEADERS,
        description="Kept as sip.h.* attributes of the participant.",
    )

    def offer(self, trunks: Iterable[OutboundTrunk]) -> Self:
        """Lists the outbound trunks to choose from."""
        self.sip_trunk_id.offer(trunks)
        return self

    def wanted(self) -> CreateSIPParticipantRequest:
        """The request for LiveKit, without the fields of the route that was not chosen."""
        request = CreateSIPParticipantRequest()
        self.store(request)
        request.ClearField("trunk" if self.via.data == "trunk" else "sip_trunk_id")
        return request

    def validate_sip_call_to(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if re.match(r"(sips?|tel):", field.data, re.IGNORECASE):
            raise ValidationError("Enter the number alone, without sip: or tel:.")
        if "@" in field.data:
            raise ValidationError("Enter the number alone, without @ and host: the trunk has the host.")

    def validate_sip_trunk_id(self, field: TrunkChoice) -> None:
        """Checked by WTForms."""
        if self.via.data == "trunk" and not field.data:
            raise ValidationError("Choose an outbound trunk, or call through a host.")

    def validate_sip_number(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.via.data == "host" and not field.data:
            raise ValidationError("Enter the number to call from. Without a trunk, LiveKit has none.")

    def validate_hostname(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.via.data == "host" and not field.data:
            raise ValidationError("Enter the provider’s SIP host.")

    def validate_auth_password(self, field: Secret) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.via.data == "host" and bool(field.data) != bool(self.auth_username.data):
            raise ValidationError("Enter both username and password, or neither.")

    def validate_dtmf(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if not re.fullmatch(r"[0-9A-Da-d*#wW]*", field.data):
            raise ValidationError("Use only digits, A to D, *, # and w.")

    def validate_display_name(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if re.search(r'["\\\n]', field.data):
            raise ValidationError("Remove quotes and backslashes: SIP puts the name in quotes.")


class CallJsonForm(ProtoForm):
    """A call as JSON that `lk` reads, for fields that the other form lacks."""

    json = LongText(
        "Call as JSON", [required("Enter the JSON of a call."), utf8, json_of(CreateSIPParticipantRequest)]
    )

    def offer(self, _: Iterable[OutboundTrunk]) -> Self:
        """Takes no trunks: the JSON names one."""
        return self

    def load(self, message: Message) -> Self:
        """Fills the form from a request."""
        self.json.data = masked_json(message)
        return self

    def wanted(self) -> CreateSIPParticipantRequest:
        """The request for LiveKit."""
        request = CreateSIPParticipantRequest()
        ParseDict(parsed(self.json, {}), request)
        return request

    def validate_json(self, field: LongText) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.errors:
            return
        wanted = self.wanted()
        if wanted.HasField("ringing_timeout") and not 1 <= wanted.ringing_timeout.seconds <= LONGEST_RING:
            raise ValidationError(f"ringing_timeout: enter 1 to {LONGEST_RING} seconds.")
        missing = [name for name in ("sip_call_to", "room_name") if not getattr(wanted, name)]
        if not wanted.sip_trunk_id and not wanted.trunk.hostname:
            missing.append("sip_trunk_id")
        if missing:
            raise ValidationError(f"The JSON lacks {' and '.join(missing)}.")


def call_form(*, as_json: bool) -> type[CallForm] | type[CallJsonForm]:
    """The form of a call, field by field or as one text."""
    return CallJsonForm if as_json else CallForm
