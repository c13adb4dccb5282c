"""Forms of phone calls: placing one, and handing one over."""

import re
from collections.abc import Iterable
from typing import Any, Self

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from livekit.protocol.sip import CreateSIPParticipantRequest, SIPTransport, TransferSIPParticipantRequest
from wtforms import RadioField, SelectField, ValidationError

from ..services.participants import MAX_ATTRIBUTES, MAX_IDENTITY
from ..services.rooms import MAX_METADATA, MAX_NAME
from ..services.sip_calls import RINGING, OutboundTrunk
from ..services.stored import masked_json
from .base import LongText, SelectChoice, at_most, json_of, parsed, plain, required, utf8
from .proto import Area, Choice, Line, Placed, ProtoForm, Seconds, Secret, TextMap, Tick
from .sip_media import HEADERS, LONGEST, MediaForm, host

MAX_DISPLAY_NAME = 128  # Bytes; LiveKit's own limit.
LONGEST_RING = 180  # Seconds; what livekit-sip rings for where nothing is said.
TRANSPORTS = (
    (SIPTransport.SIP_TRANSPORT_AUTO, "Automatic"),
    (SIPTransport.SIP_TRANSPORT_UDP, "UDP"),
    (SIPTransport.SIP_TRANSPORT_TCP, "TCP"),
    (SIPTransport.SIP_TRANSPORT_TLS, "TLS"),
)
WAYS = ("trunk", "host")


class TrunkChoice(Placed, SelectField):
    """One of the trunks that `offer` is told of."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, choices=[], validate_choice=False, default="", **kwargs)

    def offer(self, trunks: Iterable[OutboundTrunk]) -> None:
        """Names the trunks; the one that was chosen stays, even if it is not among them."""
        choices = {trunk.id: f"{trunk.label} ({trunk.id})" for trunk in trunks}
        if self.data and self.data not in choices:
            choices[self.data] = self.data
        self.choices = [SelectChoice(value, label) for value, label in choices.items()]
        if choices and not self.data and self.raw_data is None:
            self.data = next(iter(choices))


class CallForm(MediaForm):
    """Everything that LiveKit takes for a call, the common things first."""

    room_name = Line(
        "Room",
        [required("Say which room the phone joins."), utf8, at_most(MAX_NAME)],
        description="Opened by the call, if it isn’t open.",
    )
    sip_call_to = Line(
        "Call",
        [required("Say whom to call."), utf8],
        description="The number with + and digits, or the user’s name at a PBX.",
    )
    via = RadioField("By", choices=plain(WAYS), default=WAYS[0])
    sip_trunk_id = TrunkChoice("Trunk")
    sip_number = Line(
        "From", [utf8], description="The number that is shown. One of the trunk’s own if empty."
    )
    hostname = Line("Host", [utf8, host], path="trunk.hostname", description="The provider’s SIP host.")
    transport = Choice("Transport", TRANSPORTS, path="trunk.transport")
    auth_username = Line("User name", [utf8], path="trunk.auth_username")
    auth_password = Secret("Password", [utf8], path="trunk.auth_password")
    from_host = Line("From host", [utf8, host], path="trunk.from_host", description="In the From header.")
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
        "Wait until they answer",
        description="Then this page says what became of it: answered, busy, rejected, not answered."
        " Without waiting, a call that comes to nothing just vanishes.",
    )
    ringing_timeout = Seconds(
        "Ring for at most",
        low=1,
        high=LONGEST_RING,
        description=f"Seconds. {RINGING} if empty and waited for, else livekit-sip’s own, three minutes.",
    )
    max_call_duration = Seconds(
        "Longest call", low=1, high=LONGEST, description="Seconds. livekit-sip’s own, a day, if empty."
    )
    participant_identity = Line(
        "Identity",
        [utf8, at_most(MAX_IDENTITY)],
        description="Of the phone in the room. LiveKit makes one of the number if empty.",
    )
    participant_name = Line("Name", [utf8, at_most(MAX_NAME)], description="What others in the room see.")
    participant_attributes = TextMap(
        "Attributes",
        validators=[at_most(MAX_ATTRIBUTES)],
        description='Of the phone in the room. JSON, such as {"team": "support"}.',
    )
    participant_metadata = Area(
        "Metadata", [utf8, at_most(MAX_METADATA)], description="Of the phone in the room."
    )
    dtmf = Line(
        "Digits after the answer",
        [utf8],
        description="DTMF, for an extension or a menu: 0 to 9, * and #, and w for half a second’s pause.",
    )
    display_name = Line(
        "Display name",
        [utf8, at_most(MAX_DISPLAY_NAME)],
        description="Shown by the phone that rings, where the provider lets it through.",
    )
    play_dialtone = Tick("Play a dial tone", description="In the room, until they answer.")
    hide_phone_number = Tick("Hide the number", description="From everyone in the room.")
    krisp_enabled = Tick("Filter noise", description="Krisp. LiveKit Cloud alone has it.")
    headers = TextMap("Headers", description='Sent with the call. JSON, such as {"X-Team": "support"}.')
    include_headers = Choice(
        "Headers kept as attributes", HEADERS, description="Of the answer, as sip.h.* attributes."
    )

    def offer(self, trunks: Iterable[OutboundTrunk]) -> Self:
        """The trunks that the call may go out by."""
        self.sip_trunk_id.offer(trunks)
        return self

    def wanted(self) -> CreateSIPParticipantRequest:
        """What to ask LiveKit for. What belongs to the other way is left out."""
        request = CreateSIPParticipantRequest()
        self.store(request)
        request.ClearField("trunk" if self.via.data == "trunk" else "sip_trunk_id")
        return request

    def validate_sip_call_to(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if re.match(r"(sips?|tel):", field.data, re.IGNORECASE):
            raise ValidationError("Leave out what comes before the colon, and give the number alone.")
        if "@" in field.data:
            raise ValidationError("Leave out the @ and the host: the trunk says where the call goes.")

    def validate_sip_trunk_id(self, field: TrunkChoice) -> None:
        """Checked by WTForms."""
        if self.via.data == "trunk" and not field.data:
            raise ValidationError("Choose an outbound trunk. Where there is none, call by a host.")

    def validate_sip_number(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.via.data == "host" and not field.data:
            raise ValidationError("Say which number the call comes from: there is no trunk to know it.")

    def validate_hostname(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.via.data == "host" and not field.data:
            raise ValidationError("Say where the call goes: the provider’s SIP host.")

    def validate_auth_password(self, field: Secret) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.via.data == "host" and bool(field.data) != bool(self.auth_username.data):
            raise ValidationError(
                "Give both user name and password, or neither: LiveKit uses no one of them."
            )

    def validate_dtmf(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if not re.fullmatch(r"[0-9A-Da-d*#wW]*", field.data):
            raise ValidationError("Give digits, *, # and w only.")

    def validate_display_name(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        if re.search(r'["\\\n]', field.data):
            raise ValidationError("Leave out quotes and backslashes: SIP puts the name in quotes.")


class CallJsonForm(ProtoForm):
    """A call as the JSON that `lk` reads, for what the other form lacks."""

    json = LongText(
        "Call as JSON", [required("Give the JSON of a call."), utf8, json_of(CreateSIPParticipantRequest)]
    )

    def offer(self, _: Iterable[OutboundTrunk]) -> Self:
        """There is nothing to choose from."""
        return self

    def load(self, message: Message) -> Self:
        """Fills the form with what is to be asked for."""
        self.json.data = masked_json(message)
        return self

    def wanted(self) -> CreateSIPParticipantRequest:
        """What to ask LiveKit for."""
        request = CreateSIPParticipantRequest()
        ParseDict(parsed(self.json, {}), request)
        return request

    def validate_json(self, field: LongText) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.errors:
            return
        wanted = self.wanted()
        if wanted.HasField("ringing_timeout") and not 1 <= wanted.ringing_timeout.seconds <= LONGEST_RING:
            raise ValidationError(f"Let it ring for 1 to {LONGEST_RING} seconds.")


def call_form(*, as_json: bool) -> type[CallForm] | type[CallJsonForm]:
    """The form of a call, field by field or as one text."""
    return CallJsonForm if as_json else CallForm


class TransferForm(ProtoForm):
    """Where a call goes from here."""

    transfer_to = Line(
        "To",
        [required("Say where the call goes."), utf8],
        description="A number with + and digits, or a SIP address such as sip:desk@pbx.example.com.",
    )
    ringing_timeout = Seconds(
        "Ring for at most", low=1, high=LONGEST_RING, description=f"Seconds. {RINGING} if empty."
    )
    play_dialtone = Tick("Play a dial tone", description="To the one who is handed over, meanwhile.")
    headers = TextMap("Headers", description='Sent with the REFER. JSON, such as {"X-Team": "support"}.')

    def wanted(self, request: TransferSIPParticipantRequest) -> TransferSIPParticipantRequest:
        """What to ask LiveKit for. A number alone becomes the tel: that LiveKit insists on."""
        self.store(request)
        number = re.sub(r"[\s()./-]", "", request.transfer_to)
        if re.fullmatch(r"\+?[0-9]+", number):
            request.transfer_to = f"tel:{number}"
        return request

    def validate_transfer_to(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        number = re.sub(r"[\s()./-]", "", field.data)
        if not re.fullmatch(r"\+?[0-9]+|<?(sips?|tel):.+", number):
            raise ValidationError("Give a number, or an address that begins with sip: or tel:.")
