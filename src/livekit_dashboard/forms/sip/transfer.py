"""The form that transfers a call."""

import re

from livekit.protocol.sip import TransferSIPParticipantRequest
from wtforms import ValidationError

from livekit_dashboard.forms.base import required, utf8
from livekit_dashboard.forms.proto import Line, ProtoForm, Seconds, TextMap, Tick
from livekit_dashboard.services.sip.call_requests import RINGING

from .calls import LONGEST_RING


class TransferForm(ProtoForm):
    """Where to transfer a call."""

    transfer_to = Line(
        "To",
        [required("Enter the number or SIP address to transfer to."), utf8],
        description="A number with + and digits, or a SIP address such as sip:desk@pbx.example.com.",
    )
    ringing_timeout = Seconds(
        "Ringing timeout", low=1, high=LONGEST_RING, description=f"Seconds. {RINGING} if empty."
    )
    play_dialtone = Tick(
        "Play dial tone", description="To the transferred phone, until the new side answers."
    )
    headers = TextMap("Headers", description='Sent with the REFER. JSON, such as {"X-Team": "support"}.')

    def wanted(self, request: TransferSIPParticipantRequest) -> TransferSIPParticipantRequest:
        """The request for LiveKit, in which a number alone becomes the tel: address that LiveKit requires."""
        self.store(request)
        number = re.sub(r"[\s()./-]", "", request.transfer_to)
        if re.fullmatch(r"\+?[0-9]+", number):
            request.transfer_to = f"tel:{number}"
        return request

    def validate_transfer_to(self, field: Line) -> None:
        """Checked by WTForms after the field's own checks."""
        number = re.sub(r"[\s()./-]", "", field.data)
        if not re.fullmatch(r"\+?[0-9]+|<?(sips?|tel):.+", number):
            raise ValidationError("Enter a number, or an address that begins with sip: or tel:.")
