"""Dispatch rules: which room a phone call lands in."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.json_format import MessageToDict
from livekit import api
from livekit.protocol.sip import SIPDispatchRuleInfo

from ..phone_numbers import DOTS
from .errors import NotFound
from .sip_match.rules import kind_of, pin_of, room_of
from .sip_numbers import hide_all
from .sip_trunks import Link, moment
from .stored import copy_of, masked

if TYPE_CHECKING:
    from .livekit import LiveKit

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
    """A dispatch rule. `room` is the room's name for a direct one, the beginning of it for the others."""

    id: str
    name: str
    kind: str  # "direct", "individual", "callee", or empty where the stored one has none.
    room: str
    random: bool  # Whether LiveKit adds something to the name of the room.
    pin: str
    numbers: tuple[str, ...]  # Those that are called; none for any.
    inbound_numbers: tuple[str, ...]  # Those that call; none for any.
    hide_phone_number: bool
    agents: tuple[str, ...]  # Dispatched when the call opens the room; the empty name is an agent too.
    metadata: str
    attributes: Mapping[str, str]
    created: datetime | None
    updated: datetime | None
    rest: Mapping[str, Any]  # Protobuf JSON by field, secrets masked.
    trunk_ids: tuple[str, ...]  # Those that it is for; none for any, or no trunk.
    trunks: tuple[Link, ...] = ()  # The same by name.

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def link(self) -> Link:
        """How others name it."""
        return Link(self.id, self.label)

    def hidden(self) -> "Rule":
        """The same with its numbers half hidden, and its PIN wholly."""
        return replace(
            self,
            numbers=hide_all(self.numbers),
            inbound_numbers=hide_all(self.inbound_numbers),
            pin=DOTS if self.pin else "",
        )


class Rules:
    """The calls of the SIP service that concern dispatch rules. They hand out the stored messages."""

    def __init__(self, livekit: "LiveKit") -> None:
        self._livekit = livekit

    async def list(self, ids: Sequence[str] = ()) -> Sequence[SIPDispatchRuleInfo]:
        """All rules, or those of the given ids that exist; in no order. Shared: not to be changed."""
        request = api.ListSIPDispatchRuleRequest(dispatch_rule_ids=ids)
        sip = self._livekit.api.sip
        read = self._livekit.read("SIP/ListSIPDispatchRule", sip.list_dispatch_rule, request)
        return (await read).items

    async def get(self, rule_id: str) -> SIPDispatchRuleInfo:
        """As it is stored, to be changed and written back. Raises NotFound."""
        return copy_of(find(await self.list([rule_id]), rule_id))

    async def create(self, rule: SIPDispatchRuleInfo) -> Rule:
        """Raises Invalid, with LiveKit's own words, where it contradicts another rule."""
        request = api.CreateSIPDispatchRuleRequest(dispatch_rule=rule)
        made = await self._call("CreateSIPDispatchRule", self._livekit.api.sip.create_dispatch_rule(request))
        return from_proto(made)

    async def replace(self, rule: SIPDispatchRuleInfo) -> Rule:
        """Makes the stored rule of that id this one. Raises NotFound, Invalid."""
        sip = self._livekit.api.sip
        saved = await self._call(
            "UpdateSIPDispatchRule", sip.update_dispatch_rule(rule.sip_dispatch_rule_id, rule)
        )
        return from_proto(saved)

    async def delete(self, rule_id: str) -> None:
        """LiveKit says OK to one that is gone already."""
        request = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule_id)
        await self._call("DeleteSIPDispatchRule", self._livekit.api.sip.delete_dispatch_rule(request))

    async def _call(self, method: str, awaitable: Awaitable[T]) -> T:
        return await self._livekit.call(f"SIP/{method}", awaitable)


def new(trunk_ids: Sequence[str] = ()) -> SIPDispatchRuleInfo:
    """A rule in which nothing else is set."""
    return SIPDispatchRuleInfo(trunk_ids=trunk_ids)


def find(rules: Sequence[SIPDispatchRuleInfo], rule_id: str) -> SIPDispatchRuleInfo:
    """Raises NotFound."""
    for rule in rules:
        if rule.sip_dispatch_rule_id == rule_id:
            return rule
    raise NotFound("there is no dispatch rule of that id")


def from_proto(rule: SIPDispatchRuleInfo) -> Rule:
    """Turns the wire's message into what templates see. Its trunks go by their ids until somebody knows their names."""
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
