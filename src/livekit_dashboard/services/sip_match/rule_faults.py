"""What is wrong with dispatch rules."""

import re
from collections.abc import Iterator, Mapping, Sequence

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from .call import label, listing, quoted
from .fault import Breaks, Fault, empty_entry
from .numbers import normalize, normalized
from .rules import Key, keys_of, kind_of, pin_of, room_of

# What telephones can send, short of the # that ends it; LiveKit SIP hangs up on more.
_TYPEABLE = re.compile(r"[0-9*]{1,16}")


def rule_faults(
    trunks: Sequence[SIPInboundTrunkInfo], rules: Sequence[SIPDispatchRuleInfo]
) -> Iterator[Fault]:
    by_id = {trunk.sip_trunk_id: trunk for trunk in trunks}
    if trunks and not rules:
        yield Fault(
            "no_rules",
            "every call",
            "There is no dispatch rule: whoever calls hears nothing.",
            "Make a rule that says which room calls go to.",
        )
    yield from _duplicates(rules)
    for rule in rules:
        if not kind_of(rule):
            yield _untyped(rule)
        yield from _missing_trunks(rule, by_id)
        yield from _numbers(rule, [by_id[number] for number in rule.trunk_ids if number in by_id])
        yield from _destination(rule)
        yield from _hiding(rule, by_id)


def _scope(rule: SIPDispatchRuleInfo) -> Breaks:
    """Rules for certain trunks are considered on those, and on none, which leaves out some calls."""
    return "some calls" if rule.trunk_ids else "every call"


def _untyped(rule: SIPDispatchRuleInfo) -> Fault:
    calls = "all calls that come over its trunks, or that no trunk takes" if rule.trunk_ids else "every call"
    return Fault(
        "without_type",
        _scope(rule),
        f"Rule {label(rule)} has no type: LiveKit fails {calls}, also those for which another rule is meant.",
        "Delete it, or make it a direct, individual or callee rule.",
        rules=(rule.sip_dispatch_rule_id,),
    )


def _duplicates(rules: Sequence[SIPDispatchRuleInfo]) -> Iterator[Fault]:
    """One fault for each pair, and for each rule that is at odds with itself."""
    seen: dict[Key, SIPDispatchRuleInfo] = {}
    told: set[tuple[str, str]] = set()
    for rule in filter(kind_of, rules):
        for key in keys_of(rule):
            if key not in seen:
                seen[key] = rule
                continue
            pair = (seen[key].sip_dispatch_rule_id, rule.sip_dispatch_rule_id)
            if pair not in told:
                told.add(pair)
                yield _duplicate(seen[key], rule, key)


def _duplicate(first: SIPDispatchRuleInfo, second: SIPDispatchRuleInfo, key: Key) -> Fault:
    if first is second:
        what = f"Rule {label(first)} lists the same trunk or number twice, perhaps in two spellings"
        remedy = "Remove one of the two entries."
        ids: tuple[str, ...] = (first.sip_dispatch_rule_id,)
    else:
        what = f"Rules {label(first)} and {label(second)} are for the same trunk, numbers and PIN"
        remedy = "Delete one of them, or give it another PIN, trunk or list of numbers."
        ids = (first.sip_dispatch_rule_id, second.sip_dispatch_rule_id)
    everywhere = not first.trunk_ids and not second.trunk_ids
    over = f"that come over trunk {key.trunk}, or " if key.trunk else ""
    calls = "every call" if everywhere else f"all calls {over}that no trunk takes"
    return Fault(
        "duplicates",
        "every call" if everywhere else "some calls",
        f"{what}: LiveKit fails {calls}, also those for which another rule is meant.",
        remedy,
        rules=ids,
    )


def _missing_trunks(rule: SIPDispatchRuleInfo, trunks: Mapping[str, SIPInboundTrunkInfo]) -> Iterator[Fault]:
    missing = [number for number in rule.trunk_ids if number not in trunks]
    if missing:
        useless = len(missing) == len(rule.trunk_ids)
        end = ", so no call ever reaches it." if useless else "."
        yield Fault(
            "missing_trunks",
            "itself" if useless else "nothing",
            f"Rule {label(rule)} names {listing(missing)}, and no such inbound trunk exists{end}",
            "Name a trunk that exists, or none at all for all calls.",
            rules=(rule.sip_dispatch_rule_id,),
        )


def _numbers(rule: SIPDispatchRuleInfo, trunks: Sequence[SIPInboundTrunkInfo]) -> Iterator[Fault]:
    """`trunks` are those of its trunks that exist."""
    lists = (
        ("numbers", "called", rule.numbers, [trunk.numbers for trunk in trunks]),
        ("inbound_numbers", "calling", rule.inbound_numbers, [trunk.allowed_numbers for trunk in trunks]),
    )
    for field, role, own, theirs in lists:
        if list(own) == [""]:
            yield empty_entry(f"rule {label(rule)}", field, rules=(rule.sip_dispatch_rule_id,))
            continue
        listed = [number for numbers in theirs for number in numbers]
        # A trunk without a list takes any number, so nothing can be said.
        if not own or not theirs or not all(theirs):
            continue
        if not normalized(own) & normalized(listed):
            yield _unreachable(rule, role, listed, trunks)
            continue
        for number in listed:
            if number not in own and normalize(number) in normalized(own):
                yield _spelling(rule, role, number)
                break


def _unreachable(
    rule: SIPDispatchRuleInfo, role: str, listed: Sequence[str], trunks: Sequence[SIPInboundTrunkInfo]
) -> Fault:
    return Fault(
        "unreachable",
        "itself",
        f"No call reaches rule {label(rule)}: its trunks take only {listing(listed)} as {role} number, "
        "which the rule doesn't list.",
        "Make the numbers of rule and trunk agree, or leave the rule's empty.",
        trunks=tuple(trunk.sip_trunk_id for trunk in trunks),
        rules=(rule.sip_dispatch_rule_id,),
    )


def _spelling(rule: SIPDispatchRuleInfo, role: str, number: str) -> Fault:
    return Fault(
        "spelling",
        "some calls",
        f"Rule {label(rule)} has the {role} number {quoted(number)} in another spelling than its trunk. "
        "A rule takes only calls that spell it just as the rule does, while a trunk takes any spelling.",
        f"List it as your provider sends it; {quoted(number)} may stand in a rule of its own.",
        rules=(rule.sip_dispatch_rule_id,),
    )


def _destination(rule: SIPDispatchRuleInfo) -> Iterator[Fault]:
    pin = pin_of(rule)
    if pin and not _TYPEABLE.fullmatch(pin):
        yield Fault(
            "pin",
            "itself",
            f"Nobody can type the PIN of rule {label(rule)} on a telephone: it takes up to 16 digits or asterisks.",
            "Give it another PIN.",
            rules=(rule.sip_dispatch_rule_id,),
        )
    if kind_of(rule) == "direct" and not room_of(rule):
        yield Fault(
            "no_room",
            "some calls",
            f"Rule {label(rule)} names no room: LiveKit ends the calls that it takes.",
            "Name the room.",
            rules=(rule.sip_dispatch_rule_id,),
        )


def _hiding(rule: SIPDispatchRuleInfo, trunks: Mapping[str, SIPInboundTrunkInfo]) -> Iterator[Fault]:
    """Where a call without a number can come through to a rule that hides numbers."""
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
            f"Rule {label(rule)} hides the caller's number. A call that comes without any ends the whole "
            "livekit-server process (seen with 1.13.5), and with it all rooms of that node.",
            "Switch hiding off, or let only listed numbers call: inbound_numbers, or allowed_numbers of its trunks.",
            rules=(rule.sip_dispatch_rule_id,),
        )
