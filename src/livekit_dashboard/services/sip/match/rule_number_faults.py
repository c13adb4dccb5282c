"""Faults of the number lists of dispatch rules, held against the numbers of the trunks."""

from collections.abc import Iterator, Mapping, Sequence

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from .call import label, listing, named, quoted
from .entries import odd_entries, oddity_of
from .fault import Fault
from .numbers import normalize, normalized
from .rules import keys_of, kind_of, pin_of, rank_of


def number_faults(rule: SIPDispatchRuleInfo, trunks: Sequence[SIPInboundTrunkInfo]) -> Iterator[Fault]:
    """`trunks` are all inbound trunks."""
    own = [trunk for trunk in trunks if trunk.sip_trunk_id in rule.trunk_ids]
    # A rule without trunks takes the calls of all.
    scope = own if rule.trunk_ids else trunks
    lists = (
        ("numbers", "called", rule.numbers, [trunk.numbers for trunk in scope]),
        ("inbound_numbers", "calling", rule.inbound_numbers, [trunk.allowed_numbers for trunk in scope]),
    )
    ids = (rule.sip_dispatch_rule_id,)
    for field, role, entries, theirs in lists:
        yield from odd_entries(named(rule), field, entries, rules=ids)
        listed = [number for numbers in theirs for number in numbers]
        if role == "calling":
            yield from _own_number(rule, scope)
        # A trunk without a list takes any number, and a call without a trunk has any.
        complete = bool(own) and all(theirs)
        if entries and complete and list(entries) != [""] and not normalized(entries) & normalized(listed):
            yield _unreachable(rule, role, listed, own)
        else:
            yield from _spelling(rule, field, entries, listed)


def _own_number(rule: SIPDispatchRuleInfo, trunks: Sequence[SIPInboundTrunkInfo]) -> Iterator[Fault]:
    for trunk in trunks:
        called = normalized(filter(None, trunk.numbers))
        wrong = [number for number in rule.inbound_numbers if number and normalize(number) in called]
        if wrong:
            yield Fault(
                "own_number_as_caller",
                "some calls",
                f"{named(rule)} lists {listing(wrong)} in inbound_numbers, which is for callers, but that is the trunk’s "
                f"own number (trunk {label(trunk)}): calls to it from other numbers don’t match.",
                "Remove it there; it belongs in numbers.",
                trunks=(trunk.sip_trunk_id,),
                rules=(rule.sip_dispatch_rule_id,),
            )
            return


def _unreachable(
    rule: SIPDispatchRuleInfo, role: str, listed: Sequence[str], trunks: Sequence[SIPInboundTrunkInfo]
) -> Fault:
    return Fault(
        "unreachable",
        "itself",
        f"No call reaches {_inside(rule)}: its trunks take only {listing(listed)} as {role} number, "
        "and the rule doesn’t list that.",
        "Make the numbers of the rule and of its trunk agree, or leave the rule’s list empty.",
        trunks=tuple(trunk.sip_trunk_id for trunk in trunks),
        rules=(rule.sip_dispatch_rule_id,),
    )


def _spelling(
    rule: SIPDispatchRuleInfo, field: str, entries: Sequence[str], listed: Sequence[str]
) -> Iterator[Fault]:
    """One for each list: numbers that a trunk spells otherwise, or that no provider spells so."""
    for entry in entries:
        twin = next((number for number in listed if normalize(number) == normalize(entry)), "")
        if twin and twin not in entries:
            yield _misspelled(rule, f"{quoted(entry)} in {field}, which a trunk spells {quoted(twin)}")
            return
    for entry in entries:
        if (
            entry
            and not oddity_of(entry)
            and entry.strip(" ")
            and set(entry) & set(" -()")
            and normalize(entry) != entry
        ):
            yield _misspelled(rule, f"{quoted(entry)} in {field}, with spaces, hyphens or parentheses")
            return


def _misspelled(rule: SIPDispatchRuleInfo, what: str) -> Fault:
    return Fault(
        "spelling",
        "some calls",
        f"{named(rule)} has {what}. A rule compares character by character, while a trunk takes any spelling.",
        "Enter the number exactly as your provider sends it, mostly + and digits.",
        rules=(rule.sip_dispatch_rule_id,),
    )


def shadowed(
    rules: Sequence[SIPDispatchRuleInfo], trunks: Mapping[str, SIPInboundTrunkInfo]
) -> Iterator[Fault]:
    """Rules that get only calls in a spelling that no trunk lists, as other rules come first for each listed number."""
    typed = [rule for rule in rules if kind_of(rule)]
    for rule in typed:
        numbers = [
            (trunk_id, number)
            for trunk_id in rule.trunk_ids
            for number in (trunks[trunk_id].numbers if trunk_id in trunks else ())
            if not rule.numbers or number in rule.numbers
        ]
        known = all(trunk_id in trunks and trunks[trunk_id].numbers for trunk_id in rule.trunk_ids)
        winners = [_first_for(place, rule, typed) for place in numbers]
        if not known or not winners or not all(winners):
            continue
        first = next(winner for winner in winners if winner)
        yield Fault(
            "shadowed",
            "nothing",
            f"{named(rule)} is never first: for each number of its trunks another rule, such as {_inside(first)}, "
            "comes before it.",
            "Delete it, or move numbers from the other rule to this one.",
            rules=(rule.sip_dispatch_rule_id,),
        )


def _first_for(
    place: tuple[str, str], rule: SIPDispatchRuleInfo, rules: Sequence[SIPDispatchRuleInfo]
) -> SIPDispatchRuleInfo | None:
    """A rule that takes every call of `rule` to one number of one trunk before it does."""
    trunk_id, number = place
    return next(
        (
            other
            for other in rules
            if not pin_of(other)
            and (not other.trunk_ids or trunk_id in other.trunk_ids)
            and (not other.numbers or number in other.numbers)
            and _takes_callers_of(other, rule)
            and rank_of(other) < rank_of(rule)
            # Those fail the calls that they share.
            and not set(keys_of(other)) & set(keys_of(rule))
        ),
        None,
    )


def _takes_callers_of(other: SIPDispatchRuleInfo, rule: SIPDispatchRuleInfo) -> bool:
    callers = set(rule.inbound_numbers)
    return not other.inbound_numbers or (bool(callers) and callers <= set(other.inbound_numbers))


def _inside(rule: SIPDispatchRuleInfo) -> str:
    """A rule in the middle of a sentence."""
    return f"rule {label(rule)}" if rule.sip_dispatch_rule_id else "this rule"
