"""Faults of dispatch rules: calls that they fail, and rules that no call reaches."""

import re
from collections.abc import Iterator, Mapping, Sequence

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo, SIPOutboundTrunkInfo

from .call import label, listing, named, quoted
from .fault import Breaks, Fault
from .rule_number_faults import number_faults, shadowed
from .rules import Key, keys_of, kind_of, pin_of, room_of

# What telephones can send before the # that ends it; LiveKit SIP hangs up on more.
_TYPEABLE = re.compile(r"[0-9*]{1,16}")


def rule_faults(
    trunks: Sequence[SIPInboundTrunkInfo],
    rules: Sequence[SIPDispatchRuleInfo],
    outbound: Sequence[SIPOutboundTrunkInfo] = (),
) -> Iterator[Fault]:
    """Pairs of rules first, then rule by rule."""
    by_id = {trunk.sip_trunk_id: trunk for trunk in trunks}
    if trunks and not rules:
        yield Fault(
            "no_rules",
            "every call",
            "There is no dispatch rule: callers hear it ring, and nothing more.",
            "Create a rule that says which room calls go to.",
            trunks=tuple(by_id),
        )
    yield from _duplicates(rules)
    for rule in rules:
        if not kind_of(rule):
            yield _untyped(rule)
        yield from _missing_trunks(rule, by_id, outbound)
        yield from number_faults(rule, trunks)
        yield from _destination(rule)
        yield from _hiding(rule, by_id)
    yield from shadowed(rules, by_id)


def _scope(rule: SIPDispatchRuleInfo) -> Breaks:
    """Rules for certain trunks are considered on those, and without a trunk, which leaves out some calls."""
    return "some calls" if rule.trunk_ids else "every call"


def _untyped(rule: SIPDispatchRuleInfo) -> Fault:
    calls = "all calls over its trunks, or without a trunk" if rule.trunk_ids else "every call"
    return Fault(
        "without_type",
        _scope(rule),
        f"{named(rule)} has no type: LiveKit fails {calls}, including those meant for another rule.",
        "Delete it, or make it a direct, individual or callee rule.",
        rules=(rule.sip_dispatch_rule_id,),
    )


def _duplicates(rules: Sequence[SIPDispatchRuleInfo]) -> Iterator[Fault]:
    """One fault for each pair, and for each rule that conflicts with itself."""
    seen: dict[Key, SIPDispatchRuleInfo] = {}
    reported: set[tuple[str, str]] = set()
    for rule in filter(kind_of, rules):
        for key in keys_of(rule):
            if key not in seen:
                seen[key] = rule
                continue
            pair = (seen[key].sip_dispatch_rule_id, rule.sip_dispatch_rule_id)
            if pair not in reported:
                reported.add(pair)
                yield _duplicate(seen[key], rule, key)


def _duplicate(first: SIPDispatchRuleInfo, second: SIPDispatchRuleInfo, key: Key) -> Fault:
    if first is second:
        what = f"{named(first)} lists the same trunk or number twice, perhaps in two spellings"
        remedy = "Remove one of the two entries."
        ids: tuple[str, ...] = (first.sip_dispatch_rule_id,)
    else:
        other = f"rule {label(second)}" if second.sip_dispatch_rule_id else "this rule"
        what = f"{named(first)} and {other} have the same trunk, numbers and PIN"
        remedy = "Delete one of them, or give it another PIN, trunk or list of numbers."
        ids = (first.sip_dispatch_rule_id, second.sip_dispatch_rule_id)
    everywhere = not first.trunk_ids and not second.trunk_ids
    over = f"over trunk {key.trunk}, or " if key.trunk else ""
    calls = "every call" if everywhere else f"all calls {over}without a trunk"
    return Fault(
        "duplicates",
        "every call" if everywhere else "some calls",
        f"{what}: LiveKit fails {calls}, including those meant for another rule.",
        remedy,
        rules=ids,
    )


def _missing_trunks(
    rule: SIPDispatchRuleInfo,
    trunks: Mapping[str, SIPInboundTrunkInfo],
    outbound: Sequence[SIPOutboundTrunkInfo],
) -> Iterator[Fault]:
    missing = [trunk_id for trunk_id in rule.trunk_ids if trunk_id not in trunks]
    if not missing:
        return
    useless = len(missing) == len(rule.trunk_ids)
    end = ", so no call reaches it." if useless else "."
    remedy = "Enter the ID of a trunk that exists, or leave the list empty for all calls."
    named_so = [trunk for trunk in trunks.values() if trunk.name in missing]
    if named_so:
        remedy = f"{quoted(named_so[0].name)} is a name: enter the ID, {named_so[0].sip_trunk_id}."
    elif any(trunk.sip_trunk_id in missing for trunk in outbound):
        remedy = "That is an outbound trunk. Enter the ID of an inbound one."
    yield Fault(
        "missing_trunks",
        "itself" if useless else "nothing",
        f"{named(rule)} is for {listing(missing)}, and no such inbound trunk exists{end}",
        remedy,
        rules=(rule.sip_dispatch_rule_id,),
    )


def _destination(rule: SIPDispatchRuleInfo) -> Iterator[Fault]:
    pin = pin_of(rule)
    if pin and not _TYPEABLE.fullmatch(pin):
        yield Fault(
            "pin",
            "itself",
            f"{named(rule)} has a PIN that can’t be typed on a telephone, which sends up to 16 digits or asterisks.",
            "Choose another PIN.",
            rules=(rule.sip_dispatch_rule_id,),
        )
    if kind_of(rule) == "direct" and not room_of(rule):
        yield Fault(
            "no_room",
            "some calls",
            f"{named(rule)} has no room: LiveKit ends the calls that it takes.",
            "Enter the name of the room.",
            rules=(rule.sip_dispatch_rule_id,),
        )


def _hiding(rule: SIPDispatchRuleInfo, trunks: Mapping[str, SIPInboundTrunkInfo]) -> Iterator[Fault]:
    """Where a call without a number can get through to a rule that hides numbers."""
    lists = [trunks[number].allowed_numbers for number in rule.trunk_ids if number in trunks]
    through = not rule.trunk_ids or any(not numbers or "" in numbers for numbers in lists)
    if (
        kind_of(rule)
        and rule.hide_phone_number
        and through
        and (not rule.inbound_numbers or "" in rule.inbound_numbers)
    ):
        yield Fault(
            "nobody_to_hide",
            "the server",
            f"{named(rule)} hides the caller’s number. A call without a number ends the whole "
            "livekit-server process (seen with 1.13.5), and with it all rooms of that node.",
            "Turn hiding off, or admit only listed numbers: inbound_numbers, or allowed_numbers of its trunks.",
            rules=(rule.sip_dispatch_rule_id,),
        )
