"""Forms of the token sandbox."""

from livekit.protocol.room import RoomConfiguration
from wtforms import BooleanField, RadioField, ValidationError

from ..services.participants import MAX_ATTRIBUTES, MAX_IDENTITY
from ..services.rooms import MAX_METADATA, MAX_NAME
from ..services.tokens import DEFAULT_YES, GRANT_NAMES, TokenRequest
from .base import (
    TEXTS,
    Checks,
    Form,
    LongText,
    Number,
    Text,
    at_most,
    json_of,
    parsed,
    plain,
    required,
    string_map,
    utf8,
)

SOURCES = ("camera", "microphone", "screen_share", "screen_share_audio")
KINDS = ("standard", "agent", "sip", "ingress", "egress")
UNITS = {"minutes": 60, "hours": 3600, "days": 86400}
LONGEST = 366 * 86400


class TokenForm(Form):
    """What a token shall say."""

    room = Text(
        "Room", [utf8, at_most(MAX_NAME)], description="Opened by the first who joins, if it isn’t open."
    )
    identity = Text(
        "Identity",
        [utf8, at_most(MAX_IDENTITY)],
        description="Unique in the room: a second one replaces the first.",
    )
    name = Text("Name", [utf8, at_most(MAX_NAME)], description="What others see.")
    ttl = Number("Valid for", low=1, default=6)
    unit = RadioField("Unit", choices=plain(UNITS), default="hours")
    grants = Checks(
        "Grants",
        choices=plain(GRANT_NAMES),
        default=["room_join", *DEFAULT_YES],
    )
    sources = Checks(
        "May publish only",
        choices=plain(SOURCES),
        default=[],
        description="None ticked means any. Ticked ones overrule “Publish tracks”.",
    )
    destination_room = Text(
        "Destination room", [utf8, at_most(MAX_NAME)], description="For moving participants."
    )
    sip_admin = BooleanField("Manage SIP trunks and rules")
    sip_call = BooleanField("Place and transfer calls")
    kind = RadioField("Kind", choices=plain(KINDS), default="standard", description="Standard for people.")
    metadata = LongText("Metadata", [utf8, at_most(MAX_METADATA)])
    attributes = LongText("Attributes", [string_map, at_most(MAX_ATTRIBUTES)], description=TEXTS)
    room_preset = Text(
        "Room preset", [utf8], description="Name of a configuration under room: in livekit.yaml."
    )
    room_config = LongText(
        "Room configuration",
        [json_of(RoomConfiguration)],
        description='Applied when this token opens the room. JSON, such as {"agents": [{"agent_name": "notes"}]}.',
    )

    def validate_identity(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if "room_join" in self.grants.data and not field.data:
            raise ValidationError("Who joins a room needs an identity.")

    def validate_room(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if "room_join" in self.grants.data and not field.data:
            raise ValidationError("Say which room to join.")

    def validate_ttl(self, field: Number) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.data is None:
            raise ValidationError("Say how long.")
        field.high = LONGEST // UNITS.get(self.unit.data, 1)  # and the field's own check looks at it

    def wanted(self) -> TokenRequest:
        """What to sign."""
        return TokenRequest(
            identity=self.identity.data,
            room=self.room.data,
            ttl=(self.ttl.data or 0) * UNITS[self.unit.data],
            name=self.name.data,
            metadata=self.metadata.data,
            attributes=parsed(self.attributes, None),
            grants=frozenset(self.grants.data),
            sources=self.sources.data,
            destination_room=self.destination_room.data,
            sip_admin=self.sip_admin.data,
            sip_call=self.sip_call.data,
            kind=self.kind.data,
            room_preset=self.room_preset.data,
            room_config=parsed(self.room_config, None),
        )


class DecodeForm(Form):
    """A token to decode."""

    token = LongText("Token", [required("Paste a token."), at_most(64 * 1024)])
