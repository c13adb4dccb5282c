"""Forms of the token sandbox, and the kinds of token that it suggests."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from livekit.protocol.room import RoomConfiguration
from wtforms import BooleanField, RadioField, ValidationError

from livekit_dashboard.forms.base import (
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
from livekit_dashboard.services.participants.info import MAX_ATTRIBUTES, MAX_IDENTITY
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, MAX_NAME
from livekit_dashboard.services.tokens.tokens import DEFAULT_YES, GRANT_NAMES, TokenRequest

SOURCES = ("camera", "microphone", "screen_share", "screen_share_audio")
KINDS = ("standard", "agent", "sip", "ingress", "egress")
# What tokens are usually for: label, grants, and what else differs from the form's own defaults.
PARTICIPANT = ("room_join", *sorted(DEFAULT_YES))


@dataclass(frozen=True)
class Preset:
    """A token of a usual kind. `identity` is what one is suggested to begin with; empty for none."""

    label: str
    hint: str
    grants: Sequence[str]
    identity: str = "user"
    kind: str = "standard"
    hours: int = 6

    def values(self) -> dict[str, Any]:
        """For the form, with a suggested identity that no other participant is likely to have."""
        identity = f"{self.identity}-{secrets.token_hex(2)}" if self.identity else ""
        return {"grants": list(self.grants), "kind": self.kind, "ttl": self.hours, "identity": identity}


PRESETS = {
    "viewer": Preset(
        "Viewer", "Sees and hears, publishes nothing.", ("room_join", "can_subscribe"), "viewer"
    ),
    "publisher": Preset("Publisher", "Publishes, subscribes, and sends data.", PARTICIPANT),
    "moderator": Preset(
        "Moderator", "A publisher who may mute and remove others.", (*PARTICIPANT, "room_admin"), "moderator"
    ),
    "agent": Preset(
        "Agent",
        "Joins as an agent, and may set its own attributes.",
        (*PARTICIPANT, "can_update_own_metadata", "agent"),
        "agent",
        kind="agent",
        hours=1,
    ),
    "backend": Preset(
        "Backend",
        "Calls LiveKit’s API, and joins no room.",
        ("room_create", "room_list", "room_record", "ingress_admin"),
        "",
        hours=1,
    ),
}
UNITS = {"minutes": 60, "hours": 3600, "days": 86400}
LONGEST = 366 * 86400


class TokenForm(Form):
    """The claims of a token to make."""

    room = Text(
        "Room", [utf8, at_most(MAX_NAME)], description="If it isn’t open, the first to join opens it."
    )
    identity = Text(
        "Identity",
        [utf8, at_most(MAX_IDENTITY)],
        description="Unique in the room. A second participant with it replaces the first.",
    )
    name = Text("Name", [utf8, at_most(MAX_NAME)], description="What other participants see.")
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
        description="Any, if none is checked. Checked ones override “Publish tracks”.",
    )
    destination_room = Text(
        "Destination room",
        [utf8, at_most(MAX_NAME)],
        description="The room that participants may be moved or forwarded to.",
    )
    sip_admin = BooleanField("Manage SIP trunks and rules")
    sip_call = BooleanField("Place and transfer calls")
    kind = RadioField(
        "Kind", choices=plain(KINDS), default="standard", description="Standard for users of an app."
    )
    metadata = LongText("Metadata", [utf8, at_most(MAX_METADATA)])
    attributes = LongText("Attributes", [string_map, at_most(MAX_ATTRIBUTES)], description=TEXTS)
    room_preset = Text(
        "Room preset", [utf8], description="A configuration’s name under room: in livekit.yaml."
    )
    room_config = LongText(
        "Room configuration",
        [json_of(RoomConfiguration)],
        description='Applied if this token opens the room. JSON, such as {"agents": [{"agent_name": "notes"}]}.',
    )

    def validate_identity(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if "room_join" in self.grants.data and not field.data:
            raise ValidationError("Enter an identity. A token that joins a room needs one.")

    def validate_room(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if "room_join" in self.grants.data and not field.data:
            raise ValidationError("Enter the room to join.")

    def validate_ttl(self, field: Number) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.data is None:
            raise ValidationError("Enter how long the token is valid.")
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
