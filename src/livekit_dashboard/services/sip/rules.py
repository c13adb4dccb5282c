"""Dispatch rules, which decide the room of an inbound call, as LiveKit stores them."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict
from livekit import api
from livekit.protocol.sip import SIPDispatchRuleInfo

from livekit_dashboard.phone_numbers import DOTS
from livekit_dashboard.services.errors.tree import NotFound
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.sip.match.rules import kind_of, pin_of, room_of
from livekit_dashboard.services.stored import copy_of, masked

from .numbers import hide_all
from .trunks import Link, moment

T = TypeVar("T")

# What `Rule` has a place for; whatever else is set is in its `rest`.
SHOWN = frozenset(
    {
        "sip_dispatch_rule_id",
        "name",
        "rule",
        "trunk_ids",
        "numbers",
        "inbound_numbers",
        "hide_phone_number",
        "metadata",
        "attributes",
        "created_at",
        "updated_at",
    }
)


@dataclass(frozen=True)
class Rule:
    """A dispatch rule. `room` is the room’s name for a direct rule, the prefix of it for the others."""

    id: str
    name: str
    kind: str  # "direct", "individual", "callee", or empty where the stored one has none.
    room: str
    random: bool  # Whether LiveKit appends random characters to the name of the room.
    pin: str
    numbers: tuple[str, ...]  # Called numbers; none for any.
    inbound_numbers: tuple[str, ...]  # Caller numbers; none for any.
    hide_phone_number: bool
    agents: tuple[str, ...]  # Dispatched when the call opens the room; the empty name is an agent too.
    metadata: str
    attributes: Mapping[str, str]
    created: datetime | None
    updated: datetime | None
    rest: Mapping[str, Any]  # Protobuf JSON by field, secrets masked.
    trunk_ids: tuple[str, ...]  # Trunks that it is for; none for calls over any trunk, or without one.
    trunks: tuple[Link, ...] = ()  # The same by name.
    faults: tuple[str, ...] = ()  # Codes, as in docs/sip-faults.md, sorted.

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def link(self) -> Link:
        """A link to it."""
        return Link(self.id, self.label)

    def hidden(self) -> "Rule":
        """A copy with its numbers partly masked, and its PIN fully."""
        return replace(
            self,
            numbers=hide_all(self.numbers),
            inbound_numbers=hide_all(self.inbound_numbers),
            pin=DOTS if self.pin else "",
        )


class Rules:
    """The calls of LiveKit’s SIP service for dispatch rules. Returns the stored messages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self, ids: Sequence[str] = ()) -> Sequence[SIPDispatchRuleInfo]:
        """All rules, or those of the given IDs that exist; in no order. Shared: don’t change them."""
        request = api.ListSIPDispatchRuleRequest(dispatch_rule_ids=ids)
        sip = self._session.api.sip
        read = self._session.read("SIP/ListSIPDispatchRule", sip.list_dispatch_rule, request)
        return (await read).items

    async def get(self, rule_id: str) -> SIPDispatchRuleInfo:
        """A copy of the stored rule, to change and write back. Raises NotFound."""
        return copy_of(find(await self.list([rule_id]), rule_id))

    async def create(self, rule: SIPDispatchRuleInfo) -> Rule:
        """Raises Invalid, with LiveKit’s own words, where it conflicts with another rule."""
        request = api.CreateSIPDispatchRuleRequest(dispatch_rule=rule)
        made = await self._call("CreateSIPDispatchRule", self._session.api.sip.create_dispatch_rule(request))
        return from_proto(made)

    async def replace(self, rule: SIPDispatchRuleInfo) -> Rule:
        """Replaces the stored rule of that ID. Raises NotFound, Invalid."""
        sip = self._session.api.sip
        saved = await self._call(
            "UpdateSIPDispatchRule", sip.update_dispatch_rule(rule.sip_dispatch_rule_id, rule)
        )
        return from_proto(saved)

    async def delete(self, rule_id: str) -> None:
        """LiveKit reports success for a rule that doesn’t exist."""
        request = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule_id)
        await self._call("DeleteSIPDispatchRule", self._session.api.sip.delete_dispatch_rule(request))

    async def _call(self, method: str, awaitable: Awaitable[T]) -> T:
        return await self._session.call(f"SIP/{method}", awaitable)


def new(trunk_ids: Sequence[str] = ()) -> SIPDispatchRuleInfo:
    """A rule in which nothing else is set."""
    return SIPDispatchRuleInfo(trunk_ids=trunk_ids)


def find(rules: Sequence[SIPDispatchRuleInfo], rule_id: str) -> SIPDispatchRuleInfo:
    """Raises NotFound."""
    for rule in rules:
        if rule.sip_dispatch_rule_id == rule_id:
            return rule
    raise NotFound("there is no dispatch rule of that ID")


def from_proto(rule: SIPDispatchRuleInfo) -> Rule:
    """The rule as templates see it, from the protobuf message. Its trunks have IDs only; `Sip` adds their names."""
    kind = kind_of(rule)
    everything = MessageToDict(masked(rule), preserving_proto_field_name=True)
    return Rule(
        id=rule.sip_dispatch_rule_id,
        name=rule.name,
        kind=kind,
        room=room_of(rule),
        random=(kind == "individual" and not rule.rule.dispatch_rule_individual.no_randomness)
        or (kind == "callee" and rule.rule.dispatch_rule_callee.randomize),
        pin=pin_of(rule),
        numbers=tuple(rule.numbers),
        inbound_numbers=tuple(rule.inbound_numbers),
        hide_phone_number=rule.hide_phone_number,
        agents=tuple(agent.agent_name for agent in rule.room_config.agents),
        metadata=rule.metadata,
        attributes=dict(sorted(rule.attributes.items())),
        created=moment(rule, "created_at"),
        updated=moment(rule, "updated_at"),
        rest={key: value for key, value in everything.items() if key not in SHOWN},
        trunk_ids=tuple(rule.trunk_ids),
        trunks=tuple(Link(trunk_id, trunk_id, known=False) for trunk_id in rule.trunk_ids),
    )
