"""Forms for dispatch rules, with every field that LiveKit has."""

import re
from collections.abc import Iterable
from typing import Any, Self

from livekit.protocol.room import RoomConfiguration
from livekit.protocol.sip import SIPDispatchRuleInfo
from wtforms import BooleanField, RadioField, ValidationError

from livekit_dashboard.forms.base import Text, at_most, plain, utf8
from livekit_dashboard.forms.proto import Area, Json, Line, Lines, ProtoForm, Several, TextMap, Tick
from livekit_dashboard.forms.stored_json import Whole
from livekit_dashboard.services.participants.info import MAX_ATTRIBUTES
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, MAX_NAME
from livekit_dashboard.services.sip.match.explain import LONGEST_PIN
from livekit_dashboard.services.sip.match.rules import KINDS, kind_of, pin_of, room_of
from livekit_dashboard.services.sip.trunks import Link

from .media import MediaForm

EXACTLY = "One per line, exactly as calls carry them: rules, unlike trunks, compare character by character."


class RuleForm(MediaForm):
    """A dispatch rule. The first fields are about its kind: direct, individual or callee."""

    kind = RadioField("Kind", choices=plain(KINDS), default=KINDS[0])
    room_name = Text(
        "Room", [utf8, at_most(MAX_NAME)], description="Created by the first call if it doesn’t exist."
    )
    room_prefix = Text(
        "Room prefix",
        [utf8, at_most(MAX_NAME)],
        description="An underscore and the number are appended.",
    )
    no_randomness = BooleanField(
        "No random suffix", description="A caller who calls again gets the same room."
    )
    randomize = BooleanField("Random suffix", description="Every call gets its own room.")
    pin = Text(
        "PIN",
        [utf8],
        description=f"Callers have to type it. Up to {LONGEST_PIN} digits. If empty, callers aren’t asked.",
    )
    name = Line(
        "Name",
        [utf8, at_most(MAX_NAME)],
        description="Shown in lists. LiveKit identifies the rule by its ID.",
    )
    trunk_ids = Several(
        "Trunks", description="If none is selected: calls over any trunk, and calls that no trunk takes."
    )
    numbers = Lines("Called numbers", [utf8], description=f"{EXACTLY} If empty, any.")
    inbound_numbers = Lines("Caller numbers", [utf8], description=f"{EXACTLY} If empty, any.")
    hide_phone_number = Tick(
        "Hide the caller’s number",
        description="Leaves it out of the participant’s identity, name and attributes.",
    )
    krisp_enabled = Tick("Filter noise", description="Krisp, for the caller’s voice. LiveKit Cloud only.")
    room_config = Json(
        "Room configuration",
        RoomConfiguration,
        description='For a room that the call creates. JSON, such as {"agents": [{"agent_name": "receptionist"}]}.',
    )
    room_preset = Line(
        "Room preset", [utf8], description="Name of a configuration in livekit.yaml, under room:."
    )
    attributes = TextMap(
        "Attributes",
        validators=[at_most(MAX_ATTRIBUTES)],
        description='Attributes of the participant. JSON, such as {"from": "phone"}.',
    )
    metadata = Area("Metadata", [utf8, at_most(MAX_METADATA)], description="Metadata of the participant.")

    def offer(self, trunks: Iterable[Link]) -> Self:
        """Sets the trunks to choose from."""
        self.trunk_ids.offer((trunk.id, trunk.label) for trunk in trunks)
        return self

    def validate_room_name(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.kind.data == "direct" and not field.data:
            raise ValidationError("Enter the room.")

    def validate_pin(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.data and not re.fullmatch(f"[0-9*]{{1,{LONGEST_PIN}}}", field.data):
            raise ValidationError(
                f"Enter up to {LONGEST_PIN} digits. Callers type them on a phone, and end with #."
            )

    def load(self, message: Any) -> Self:
        super().load(message)
        kind = kind_of(message)
        self.kind.data = kind or KINDS[0]
        self.room_name.data = room_of(message) if kind == "direct" else ""
        self.room_prefix.data = room_of(message) if kind != "direct" else ""
        self.pin.data = pin_of(message)
        self.no_randomness.data = message.rule.dispatch_rule_individual.no_randomness
        self.randomize.data = message.rule.dispatch_rule_callee.randomize
        return self

    def store(self, message: Any) -> None:
        super().store(message)
        self._store_kind(message)

    def sketch(self, stored: Any) -> Any:
        sketch = super().sketch(stored)
        if self.kind.data in KINDS:
            self._store_kind(sketch)
        return sketch

    def _store_kind(self, message: Any) -> None:
        rule = getattr(message.rule, f"dispatch_rule_{self.kind.data}")
        # Also where it is empty. Replaces a stored one of another kind.
        rule.SetInParent()
        rule.pin = self.pin.data
        if self.kind.data == "direct":
            rule.room_name = self.room_name.data
        else:
            rule.room_prefix = self.room_prefix.data
        if self.kind.data == "individual":
            rule.no_randomness = self.no_randomness.data
        if self.kind.data == "callee":
            rule.randomize = self.randomize.data


class RuleJsonForm(ProtoForm):
    """A dispatch rule as JSON."""

    json = Whole("Rule as JSON", SIPDispatchRuleInfo, own_id="sip_dispatch_rule_id", around="dispatch_rule")

    def offer(self, _: Iterable[Link]) -> Self:
        """Does nothing: JSON has no choices."""
        return self


def rule_form(*, as_json: bool) -> type[RuleForm | RuleJsonForm]:
    """The form of a rule: by fields, or as one JSON text."""
    return RuleJsonForm if as_json else RuleForm
