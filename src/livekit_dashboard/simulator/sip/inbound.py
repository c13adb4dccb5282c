"""Chooses trunk and rule for an inbound call: a simplified version of the server’s matching."""

import secrets
from collections.abc import Iterable

from livekit.protocol import sip

from .conflicts import normalised, pin_of

_ORDER = ("dispatch_rule_direct", "dispatch_rule_individual", "dispatch_rule_callee")


def match_trunk(
    trunks: Iterable[sip.SIPInboundTrunkInfo], caller: str, called: str
) -> sip.SIPInboundTrunkInfo | None:
    """The trunk for a call: one that has the number before one for any number. Addresses are not checked."""
    fitting = [
        trunk for trunk in trunks if _among(called, trunk.numbers) and _among(caller, trunk.allowed_numbers)
    ]
    return min(fitting, key=lambda trunk: not trunk.numbers, default=None)


def match_rule(
    rules: Iterable[sip.SIPDispatchRuleInfo], trunk_id: str, caller: str, called: str, pin: str
) -> sip.SIPDispatchRuleInfo | None:
    """The rule for a call, by trunk first, then by how specific it is."""
    fitting = [
        rule
        for rule in rules
        if (not rule.trunk_ids or not trunk_id or trunk_id in rule.trunk_ids)
        and (not rule.inbound_numbers or caller in rule.inbound_numbers)
        and (not rule.numbers or called in rule.numbers)
        and pin_of(rule) == pin
    ]
    return min(fitting, key=_priority, default=None)


def room_for(rule: sip.SIPDispatchRule, caller: str, called: str) -> str:
    """The room that a rule leads to."""
    kind = rule.WhichOneof("rule")
    if kind == "dispatch_rule_direct":
        return rule.dispatch_rule_direct.room_name
    if kind == "dispatch_rule_individual":
        room = "_".join(filter(None, (rule.dispatch_rule_individual.room_prefix, caller)))
        unique = not rule.dispatch_rule_individual.no_randomness
    else:
        room = "_".join(filter(None, (rule.dispatch_rule_callee.room_prefix, called)))
        unique = rule.dispatch_rule_callee.randomize
    return f"{room}_{secrets.token_hex(6)}" if unique else room


def _among(number: str, numbers: Iterable[str]) -> bool:
    listed = set(map(normalised, numbers))
    return not listed or normalised(number) in listed


def _priority(rule: sip.SIPDispatchRuleInfo) -> tuple[bool, int, str]:
    kind = _ORDER.index(rule.rule.WhichOneof("rule") or _ORDER[0])
    asks = 1000 * (not rule.inbound_numbers) + 1000 * (not rule.numbers)
    return (not rule.trunk_ids, kind + asks, rule.sip_dispatch_rule_id)
