"""All stored trunks and dispatch rules at once, linked to each other, with their faults."""

import asyncio
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo, SIPOutboundTrunkInfo

from livekit_dashboard.phone_numbers import hide_in
from livekit_dashboard.services.missing import Gaps
from livekit_dashboard.services.participants.participants import Participants
from livekit_dashboard.services.rooms.rooms import Rooms
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.sip.match.numbers import normalize
from livekit_dashboard.services.stored import masked_json

from . import rules as sip_rules
from . import trunks as sip_trunks
from .calls import SipCalls
from .match import Call, Explanation, Fault, explain, faults
from .numbers import without_numbers
from .rules import Rule, Rules
from .trunks import Direction, Link, Trunk, Trunks

Need = Literal["inbound", "outbound", "rules"]
Item = TypeVar("Item", Trunk, Rule)
Candidate = SIPInboundTrunkInfo | SIPOutboundTrunkInfo | SIPDispatchRuleInfo
# What a new trunk or rule has until its form is complete, or it is stored.
UNFINISHED = frozenset({"no_rule", "no_rules", "no_room"})


@dataclass(frozen=True)
class Telephony:
    """All trunks and rules, in no order, linked to each other."""

    inbound: Sequence[Trunk]
    outbound: Sequence[Trunk]
    rules: Sequence[Rule]
    faults: Sequence[Fault]  # The worst first, of all of them.
    gap: str = ""  # Which lists this server doesn't have.

    def trunks(self, direction: Direction) -> Sequence[Trunk]:
        return self.inbound if direction == "inbound" else self.outbound

    def faults_of(self, need: Need) -> Sequence[Fault]:
        """Those of outbound trunks, or those of inbound trunks and rules, which only make sense together."""
        return [fault for fault in self.faults if bool(fault.outbound) == (need == "outbound")]


@dataclass(frozen=True)
class Found(Generic[Item]):
    """One trunk or rule, and its faults, the worst first.

    As protobuf JSON twice: to read, with its numbers as requested, and to copy, with whole numbers.
    """

    item: Item
    json: str
    whole_json: str
    faults: Sequence[Fault]


@dataclass(frozen=True)
class _Stored:
    inbound: Sequence[SIPInboundTrunkInfo]
    outbound: Sequence[SIPOutboundTrunkInfo]
    rules: Sequence[SIPDispatchRuleInfo]
    gap: str


class Sip:
    """Trunks, rules and calls; and which of them LiveKit takes for a call."""

    def __init__(self, session: Session, rooms: Rooms, participants: Participants) -> None:
        self.trunks = Trunks(session)
        self.rules = Rules(session)
        self.calls = SipCalls(session, rooms, participants, self.trunks, self.rules)

    async def all(self, need: Need, *, show_numbers: bool) -> Telephony:
        """Three calls at once, whatever is stored. Numbers are masked in the faults alone, as lists are searched first.

        Only the list that is needed must exist: a server that lacks one of the others leaves it empty, and a gap.
        """
        stored = await self._stored(need)
        everything = _linked(stored)
        return everything if show_numbers else replace(everything, faults=_masked(everything.faults, stored))

    async def trunk(self, direction: Direction, trunk_id: str, *, show_numbers: bool) -> Found[Trunk]:
        """Three calls at once. Raises NotFound."""
        stored = await self._stored(direction)
        message = sip_trunks.find(
            stored.inbound if direction == "inbound" else stored.outbound, direction, trunk_id
        )
        everything = _linked(stored)
        trunk = next(trunk for trunk in everything.trunks(direction) if trunk.id == trunk_id)
        own = [fault for fault in everything.faults_of(direction) if fault.concerns(trunk_id)]
        whole = masked_json(message)
        if show_numbers:
            return Found(trunk, whole, whole, own)
        return Found(trunk.hidden(), masked_json(without_numbers(message)), whole, _masked(own, stored))

    async def rule(self, rule_id: str, *, show_numbers: bool) -> Found[Rule]:
        """Three calls at once. Raises NotFound."""
        stored = await self._stored("rules")
        message = sip_rules.find(stored.rules, rule_id)
        everything = _linked(stored)
        rule = next(rule for rule in everything.rules if rule.id == rule_id)
        own = [fault for fault in everything.faults if fault.concerns(rule_id)]
        whole = masked_json(message)
        if show_numbers:
            return Found(rule, whole, whole, own)
        return Found(rule.hidden(), masked_json(without_numbers(message)), whole, _masked(own, stored))

    async def check(self, candidate: Candidate, *, show_numbers: bool) -> Sequence[Fault]:
        """The faults that a trunk or rule would have if it were stored as it is, beside or in place of the others.

        Three calls at once. One without an ID is new. The numbers of the others are masked.
        """
        stored = await self._stored(_need(candidate))
        if stored.gap:
            return ()
        trial, own_id = _with(stored, candidate), _id_of(candidate)
        ignored = UNFINISHED if not own_id else frozenset()
        found = [
            fault
            for fault in faults(trial.inbound, trial.rules, trial.outbound)
            if own_id in _ids(fault, candidate) and fault.code not in ignored and not _empty(candidate)
        ]
        return found if show_numbers else _masked(found, stored, typed=_numbers_of(candidate))

    async def inbound(self) -> Sequence[Link]:
        """The trunks that a rule can be for, by name."""
        trunks = map(sip_trunks.from_proto, await self.trunks.list("inbound"))
        return sorted((trunk.link for trunk in trunks), key=lambda link: link.label.casefold())

    async def explain(self, call: Call) -> tuple[Explanation, Sequence[Fault]]:
        """Which trunk and rule LiveKit would take, and the faults of all of them. Two calls at once."""
        inbound, rules = await asyncio.gather(self.trunks.list("inbound"), self.rules.list())
        return explain(inbound, rules, call), faults(inbound, rules)

    async def _stored(self, need: Need) -> _Stored:
        gaps = Gaps()
        inbound, outbound, rules = await asyncio.gather(
            gaps.fill(self.trunks.list("inbound"), (), needed=need == "inbound"),
            gaps.fill(self.trunks.list("outbound"), (), needed=need == "outbound"),
            gaps.fill(self.rules.list(), (), needed=need == "rules"),
        )
        return _Stored(inbound, outbound, rules, gaps.reason)


def _linked(stored: _Stored) -> Telephony:
    """The dataclasses of all of it, each with links to those that it names, or that name it, and its faults' codes."""
    inbound = [sip_trunks.from_proto(trunk) for trunk in stored.inbound]
    outbound = [sip_trunks.from_proto(trunk) for trunk in stored.outbound]
    rules = [sip_rules.from_proto(rule) for rule in stored.rules]
    # Without one of the lists nothing can be said: without its rules, every trunk would seem to have none.
    found = () if stored.gap else faults(stored.inbound, stored.rules, stored.outbound)
    known = {trunk.id: trunk.link for trunk in (*inbound, *outbound)}
    naming: dict[str, list[Link]] = {}
    for rule in rules:
        for trunk in rule.trunks:
            naming.setdefault(trunk.id, []).append(rule.link)
    any_rules = sum(not rule.trunks for rule in rules)
    return Telephony(
        [_with_rules(_with_faults(trunk, found), naming, any_rules) for trunk in inbound],
        [_with_rules(_with_faults(trunk, found), naming, 0) for trunk in outbound],
        [
            replace(
                _with_faults(rule, found),
                trunks=tuple(known.get(trunk.id, trunk) for trunk in rule.trunks),
            )
            for rule in rules
        ],
        found,
        stored.gap,
    )


def _with_faults(item: Item, found: Sequence[Fault]) -> Item:
    codes = sorted({fault.code for fault in found if fault.concerns(item.id)})
    return replace(item, faults=tuple(codes))


def _with_rules(trunk: Trunk, naming: dict[str, list[Link]], any_rules: int) -> Trunk:
    rules = sorted(naming.get(trunk.id, ()), key=lambda link: (link.label.casefold(), link.id))
    return replace(trunk, rules=tuple(rules), any_rules=any_rules)


def _need(candidate: Candidate) -> Need:
    if isinstance(candidate, SIPDispatchRuleInfo):
        return "rules"
    return "inbound" if isinstance(candidate, SIPInboundTrunkInfo) else "outbound"


def _id_of(candidate: Candidate) -> str:
    return (
        candidate.sip_dispatch_rule_id
        if isinstance(candidate, SIPDispatchRuleInfo)
        else candidate.sip_trunk_id
    )


def _ids(fault: Fault, candidate: Candidate) -> tuple[str, ...]:
    """Those at fault that are of the candidate's kind: a new rule and a new trunk both have no ID."""
    if isinstance(candidate, SIPDispatchRuleInfo):
        return fault.rules
    return fault.trunks if isinstance(candidate, SIPInboundTrunkInfo) else fault.outbound


def _with(stored: _Stored, candidate: Candidate) -> _Stored:
    """The stored set with the candidate in place of the one of its ID."""
    own_id = _id_of(candidate)
    if isinstance(candidate, SIPDispatchRuleInfo):
        others = [rule for rule in stored.rules if rule.sip_dispatch_rule_id != own_id]
        return replace(stored, rules=[*others, candidate])
    if isinstance(candidate, SIPInboundTrunkInfo):
        incoming = [trunk for trunk in stored.inbound if trunk.sip_trunk_id != own_id]
        return replace(stored, inbound=[*incoming, candidate])
    outgoing = [trunk for trunk in stored.outbound if trunk.sip_trunk_id != own_id]
    return replace(stored, outbound=[*outgoing, candidate])


def _empty(candidate: Candidate) -> bool:
    """Whether it is an inbound trunk that LiveKit would refuse: nothing that the faults are about is set."""
    return isinstance(candidate, SIPInboundTrunkInfo) and not (
        candidate.numbers
        or candidate.allowed_addresses
        or candidate.allowed_numbers
        or candidate.auth_username
        or candidate.auth_password
    )


def _numbers_of(item: Candidate) -> set[str]:
    """The numbers of one, as they are spelled and as LiveKit compares them."""
    fields = ("numbers", "allowed_numbers", "inbound_numbers")
    spelled = {number for field in fields for number in getattr(item, field, ())}
    return spelled | {normalize(number) for number in spelled}


def _masked(found: Sequence[Fault], stored: _Stored, typed: Set[str] = frozenset()) -> Sequence[Fault]:
    """The faults with all stored numbers in their sentences masked, but for those that were typed."""
    items: list[Candidate] = [*stored.inbound, *stored.outbound, *stored.rules]
    numbers = {number for item in items for number in _numbers_of(item)} - typed
    return [
        replace(fault, sentence=hide_in(fault.sentence, numbers), remedy=hide_in(fault.remedy, numbers))
        for fault in found
    ]
