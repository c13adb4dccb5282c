"""Telephony as a whole: trunks and rules only make sense together."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo, SIPOutboundTrunkInfo

from ..phone_numbers import hide_in
from . import sip_rules, sip_trunks
from .missing import Gaps
from .sip_calls import SipCalls
from .sip_match import Call, Explanation, Fault, explain, faults
from .sip_match.numbers import normalize
from .sip_numbers import without_numbers
from .sip_rules import Rule, Rules
from .sip_trunks import Direction, Link, Trunk, Trunks
from .stored import masked_json

if TYPE_CHECKING:
    from .livekit import LiveKit

Need = Literal["inbound", "outbound", "rules"]


@dataclass(frozen=True)
class Telephony:
    """Everything that is stored, in no order; trunks and rules know of each other."""

    inbound: Sequence[Trunk]
    outbound: Sequence[Trunk]
    rules: Sequence[Rule]
    faults: Sequence[Fault]  # The worst first.
    gap: str = ""  # Which lists this server doesn't have.

    def trunks(self, direction: Direction) -> Sequence[Trunk]:
        return self.inbound if direction == "inbound" else self.outbound


@dataclass(frozen=True)
class _Stored:
    inbound: Sequence[SIPInboundTrunkInfo]
    outbound: Sequence[SIPOutboundTrunkInfo]
    rules: Sequence[SIPDispatchRuleInfo]
    gap: str


class Sip:
    """Trunks, rules, calls, and what becomes of one."""

    def __init__(self, livekit: "LiveKit") -> None:
        self.trunks = Trunks(livekit)
        self.rules = Rules(livekit)
        self.calls = SipCalls(livekit)

    async def all(self, need: Need, *, show_numbers: bool) -> Telephony:
        """Three calls at once, however much there is. Numbers are hidden in the faults alone: lists are searched first.

        Only the list that is needed must be there: a server that lacks one of the others leaves it empty, and a gap.
        """
        stored = await self._stored(need)
        everything = _linked(stored)
        if show_numbers:
            return everything
        numbers = _numbers(stored)
        return replace(everything, faults=[_hidden(fault, numbers) for fault in everything.faults])

    async def trunk(self, direction: Direction, trunk_id: str, *, show_numbers: bool) -> tuple[Trunk, str]:
        """A trunk, and the same as protobuf JSON for reading. Three calls at once. Raises NotFound."""
        stored = await self._stored(direction)
        message = sip_trunks.find(
            stored.inbound if direction == "inbound" else stored.outbound, direction, trunk_id
        )
        trunk = next(trunk for trunk in _linked(stored).trunks(direction) if trunk.id == trunk_id)
        if show_numbers:
            return trunk, masked_json(message)
        return trunk.hidden(), masked_json(without_numbers(message))

    async def rule(self, rule_id: str, *, show_numbers: bool) -> tuple[Rule, str]:
        """A rule, and the same as protobuf JSON for reading. Three calls at once. Raises NotFound."""
        stored = await self._stored("rules")
        message = sip_rules.find(stored.rules, rule_id)
        rule = next(rule for rule in _linked(stored).rules if rule.id == rule_id)
        if show_numbers:
            return rule, masked_json(message)
        return rule.hidden(), masked_json(without_numbers(message))

    async def inbound(self) -> Sequence[Link]:
        """What a rule may be for, by name."""
        trunks = map(sip_trunks.from_proto, await self.trunks.list("inbound"))
        return sorted((trunk.link for trunk in trunks), key=lambda link: link.label.casefold())

    async def explain(self, call: Call) -> tuple[Explanation, Sequence[Fault]]:
        """Which trunk and rule LiveKit would take, and what is wrong with what is stored. Two calls at once."""
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
    """The dataclasses of it all, each with links to those that it names, or that name it."""
    inbound = [sip_trunks.from_proto(trunk) for trunk in stored.inbound]
    outbound = [sip_trunks.from_proto(trunk) for trunk in stored.outbound]
    rules = [sip_rules.from_proto(rule) for rule in stored.rules]
    known = {trunk.id: trunk.link for trunk in (*inbound, *outbound)}
    naming: dict[str, list[Link]] = {}
    for rule in rules:
        for trunk in rule.trunks:
            naming.setdefault(trunk.id, []).append(rule.link)
    any_rules = sum(not rule.trunks for rule in rules)
    return Telephony(
        [_with_rules(trunk, naming, any_rules) for trunk in inbound],
        [_with_rules(trunk, naming, 0) for trunk in outbound],
        [replace(rule, trunks=tuple(known.get(trunk.id, trunk) for trunk in rule.trunks)) for rule in rules],
        # What is not known can't be at fault: without its rules, every trunk would seem to have none.
        () if stored.gap else faults(stored.inbound, stored.rules),
        stored.gap,
    )


def _with_rules(trunk: Trunk, naming: dict[str, list[Link]], any_rules: int) -> Trunk:
    rules = sorted(naming.get(trunk.id, ()), key=lambda link: (link.label.casefold(), link.id))
    return replace(trunk, rules=tuple(rules), any_rules=any_rules)


def _numbers(stored: _Stored) -> set[str]:
    """Every number there is, as it is spelt and as LiveKit compares it."""
    lists = [
        *(numbers for trunk in stored.inbound for numbers in (trunk.numbers, trunk.allowed_numbers)),
        *(numbers for rule in stored.rules for numbers in (rule.numbers, rule.inbound_numbers)),
    ]
    spelt = {number for numbers in lists for number in numbers}
    return spelt | {normalize(number) for number in spelt}


def _hidden(fault: Fault, numbers: set[str]) -> Fault:
    return replace(fault, sentence=hide_in(fault.sentence, numbers), remedy=hide_in(fault.remedy, numbers))
