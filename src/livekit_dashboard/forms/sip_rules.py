"""Forms of dispatch rules, with every field that LiveKit has."""

import re
from collections.abc import Iterable
from typing import Any, Self

from livekit.protocol.room import RoomConfiguration
from livekit.protocol.sip import SIPDispatchRuleInfo
from wtforms import BooleanField, RadioField, ValidationError

from ..services.participants import MAX_ATTRIBUTES
from ..services.rooms import MAX_METADATA, MAX_NAME
from ..services.sip_match.explain import LONGEST_PIN
from ..services.sip_match.rules import KINDS, kind_of, pin_of, room_of
from ..services.sip_trunks import Link
from .base import Text, at_most, plain, utf8
from .proto import Area, Json, Line, Lines, ProtoForm, Several, TextMap, Tick
from .sip_media import MediaForm
from .whole import Whole

EXACTLY = "One a line, exactly as calls bring them: rules, unlike trunks, compare character by character."


class RuleForm(MediaForm):
    """A dispatch rule. The first five fields are about which of its three kinds it is."""

    kind = RadioField("Which room", choices=plain(KINDS), default=KINDS[0])
    room_name = Text(
        "Room", [utf8, at_most(MAX_NAME)], description="Opened by the first call, if it isn’t open."
    )
    room_prefix = Text(
        "Beginning of the room’s name",
        [utf8, at_most(MAX_NAME)],
        description="An underscore and the number follow.",
    )
    no_randomness = BooleanField(
        "Without random characters", description="A caller who calls again comes to the same room."
    )
    randomize = BooleanField("With random characters", description="Every call comes to a room of its own.")
    pin = Text(
        "PIN",
        [utf8],
        description=f"Callers are asked for it. Digits, {LONGEST_PIN} at most. Nobody is asked if empty.",
    )
    name = Line("Name", [utf8, at_most(MAX_NAME)], description="For people. LiveKit goes by the rule’s id.")
    trunk_ids = Several("Trunks", description="None ticked means any trunk, and calls that no trunk takes.")
    numbers = Lines("Called numbers", [utf8], description=f"{EXACTLY} Any if empty.")
    inbound_numbers = Lines("Calling numbers", [utf8], description=f"{EXACTLY} Any if empty.")
    hide_phone_number = Tick(
        "Hide the caller’s number",
        description="From everyone in the room: identity, name and attributes lack it.",
    )
    krisp_enabled = Tick(
        "Filter noise", description="Krisp, for the caller’s voice. LiveKit Cloud alone has it."
    )
    room_config = Json(
        "Room configuration",
        RoomConfiguration,
        description='For a room that the call opens. JSON, such as {"agents": [{"agent_name": "receptionist"}]}.',
    )
    room_preset = Line(
        "Room preset", [utf8], description="Name of a configuration under room: in livekit.yaml."
    )
    attributes = TextMap(
        "Attributes",
        validators=[at_most(MAX_ATTRIBUTES)],
        description='Of the participant. JSON, such as {"from": "phone"}.',
    )
    metadata = Area("Metadata", [utf8, at_most(MAX_METADATA)], description="Of the participant.")

    def offer(self, trunks: Iterable[Link]) -> Self:
        """The trunks that the rule may be for."""
        self.trunk_ids.offer((trunk.id, trunk.label) for trunk in trunks)
        return self

    def validate_room_name(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if self.kind.data == "direct" and not field.data:
            raise ValidationError("Say which room.")

    def validate_pin(self, field: Text) -> None:
        """Checked by WTForms after the field's own checks."""
        if field.data and not re.fullmatch(f"[0-9*]{{1,{LONGEST_PIN}}}", field.data):
            raise ValidationError(
                f"Callers type it on a phone, and # ends it: give up to {LONGEST_PIN} digits."
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
        rule = getattr(message.rule, f"dispatch_rule_{self.kind.data}")
        # An empty one is one, too; and it ends what was there of another kind.
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
    """The same as one text."""

    json = Whole("Rule as JSON", SIPDispatchRuleInfo, own_id="sip_dispatch_rule_id", around="dispatch_rule")

    def offer(self, _: Iterable[Link]) -> Self:
        """Nothing to choose from here."""
        return self


def rule_form(*, as_json: bool) -> type[RuleForm | RuleJsonForm]:
    """The form of a rule, field by field or as one text."""
    return RuleJsonForm if as_json else RuleForm
