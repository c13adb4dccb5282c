"""Which dispatch rule places a call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Literal, NamedTuple

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from .call import Call, Check, Failure, label, listing, quoted
from .numbers import belongs_in_numbers, check_exactly, normalize

# In the order in which LiveKit prefers them.
KINDS = ("direct", "individual", "callee")


class Key(NamedTuple):
    """A combination that no two rules may share. The empty string stands for any, including where a rule lists an empty entry."""

    pin: str
    trunk: str
    inbound_number: str
    number: str


class Rank(NamedTuple):
    """How LiveKit prefers one matching rule to another: the smaller rank wins."""

    any_trunk: bool
    any_number: int  # How many of the two number lists are empty.
    open: bool
    kind: int
    room: str
    id: str

    @property
    def priority(self) -> int:
        """The figure in LiveKit's own code: lower wins among rules that all, or none of them, name the trunk."""
        return 1000 * self.any_number + 100 * self.open + self.kind


@dataclass(frozen=True)
class RuleVerdict:
    """How a rule judged the call.

    `verdict`: "chosen", also where it only asks for the PIN so far; "outranked" by another that matches too;
    "possible", it may yet take the call, depending on what the caller types; "no match", a check failed;
    "conflict", it is why LiveKit fails every call that gets this far; "not considered", because of such a conflict.
    """

    id: str
    label: str
    kind: str  # "direct", "individual", "callee", or empty for a rule without a type.
    trunk: Check
    inbound_numbers: Check
    numbers: Check
    pin: Check
    priority: int | None
    verdict: Literal["chosen", "outranked", "possible", "no match", "conflict", "not considered"] = "no match"
    why: str = ""

    @property
    def checks(self) -> dict[str, Check]:
        """By the names that the fields have in LiveKit."""
        return {
            "trunk_ids": self.trunk,
            "inbound_numbers": self.inbound_numbers,
            "numbers": self.numbers,
            "pin": self.pin,
        }

    @property
    def misses(self) -> int:
        """How many checks failed: 1 is a near miss."""
        return sum(not check.passed for check in self.checks.values())


@dataclass(frozen=True)
class RuleChoice:
    """`rule` is None where none matches and where LiveKit fails the call."""

    verdicts: tuple[RuleVerdict, ...]
    rule: SIPDispatchRuleInfo | None = None
    failure: Failure | None = None


NO_RULES = RuleChoice(())


def kind_of(rule: SIPDispatchRuleInfo) -> str:
    """Empty for a rule without a type, or of one that this version of the SDK doesn't know."""
    return (rule.rule.WhichOneof("rule") or "").removeprefix("dispatch_rule_")


def room_of(rule: SIPDispatchRuleInfo) -> str:
    """The room's name, or the prefix of it."""
    kind = kind_of(rule)
    if kind == "direct":
        return rule.rule.dispatch_rule_direct.room_name
    return str(_typed(rule).room_prefix) if kind else ""


def pin_of(rule: SIPDispatchRuleInfo) -> str:
    return str(_typed(rule).pin) if kind_of(rule) else ""


def rank_of(rule: SIPDispatchRuleInfo) -> Rank:
    """Expects a rule with a type."""
    return Rank(
        any_trunk=not rule.trunk_ids,
        any_number=(not rule.inbound_numbers) + (not rule.numbers),
        open=not pin_of(rule),
        kind=KINDS.index(kind_of(rule)),
        room=room_of(rule),
        id=rule.sip_dispatch_rule_id,
    )


def keys_of(rule: SIPDispatchRuleInfo) -> Iterator[Key]:
    """A rule's own entries are not de-duplicated: `["+1", "1"]` is at odds with itself."""
    for trunk, inbound, number in product(
        rule.trunk_ids or [""], rule.inbound_numbers or [""], rule.numbers or [""]
    ):
        yield Key(pin_of(rule), trunk, normalize(inbound), normalize(number))


def choose_rule(
    rules: Sequence[SIPDispatchRuleInfo], trunk: SIPInboundTrunkInfo | None, call: Call, pin: str | None
) -> RuleChoice:
    """Evaluates the rules once, in order of ID. `pin`: None before the caller types one, empty for a lone `#`."""
    ordered = sorted(rules, key=lambda rule: rule.sip_dispatch_rule_id)
    verdicts = {rule.sip_dispatch_rule_id: _judge(rule, trunk, call, pin) for rule in ordered}
    considered = [rule for rule in ordered if _considered(rule, trunk)]
    failure = first_fault(considered)
    if failure:
        return RuleChoice(tuple(_failed(verdict, failure) for verdict in verdicts.values()), None, failure)
    matching = [rule for rule in considered if not verdicts[rule.sip_dispatch_rule_id].misses]
    best = min(matching, key=rank_of, default=None)
    if best is None:
        return RuleChoice(tuple(_concluded(verdict) for verdict in verdicts.values()))
    for rule in matching:
        verdicts[rule.sip_dispatch_rule_id] = _compared(
            verdicts[rule.sip_dispatch_rule_id], rule, best, undecided=pin is None and bool(pin_of(best))
        )
    return RuleChoice(tuple(_concluded(verdict) for verdict in verdicts.values()), best)


def first_fault(rules: Sequence[SIPDispatchRuleInfo]) -> Failure | None:
    """Why LiveKit fails any call for which it considers these rules, whether or not they match it."""
    seen: dict[Key, SIPDispatchRuleInfo] = {}
    for rule in rules:
        if not kind_of(rule):
            sentence = f"Rule {label(rule)} has no type: neither direct nor individual nor callee."
            return Failure("rule_without_type", sentence, (rule.sip_dispatch_rule_id,))
        for key in keys_of(rule):
            if key in seen:
                between = (seen[key].sip_dispatch_rule_id, rule.sip_dispatch_rule_id)
                return Failure("duplicate_rules", _duplicate(seen[key], rule), between)
            seen[key] = rule
    return None


def _duplicate(first: SIPDispatchRuleInfo, second: SIPDispatchRuleInfo) -> str:
    if first is second:
        return f"Rule {label(first)} lists the same trunk or number twice, perhaps in two spellings."
    return f"Rules {label(first)} and {label(second)} are for the same trunk, numbers and PIN."


def _considered(rule: SIPDispatchRuleInfo, trunk: SIPInboundTrunkInfo | None) -> bool:
    """Rules for other trunks are dropped, but without a trunk nothing is: they still can be at odds."""
    return trunk is None or not rule.trunk_ids or trunk.sip_trunk_id in rule.trunk_ids


def _typed(rule: SIPDispatchRuleInfo) -> Any:
    return getattr(rule.rule, f"dispatch_rule_{kind_of(rule)}")


def _judge(
    rule: SIPDispatchRuleInfo, trunk: SIPInboundTrunkInfo | None, call: Call, pin: str | None
) -> RuleVerdict:
    inbound = Check(True, "Any number may call.")
    numbers = Check(True, "Any number may be called.")
    return RuleVerdict(
        id=rule.sip_dispatch_rule_id,
        label=label(rule),
        kind=kind_of(rule),
        trunk=_check_trunk(rule, trunk),
        inbound_numbers=belongs_in_numbers(
            check_exactly(call.calling, rule.inbound_numbers), call.called, rule.inbound_numbers
        )
        if rule.inbound_numbers
        else inbound,
        numbers=check_exactly(call.called, rule.numbers) if rule.numbers else numbers,
        pin=_check_pin(pin_of(rule), pin),
        priority=rank_of(rule).priority if kind_of(rule) else None,
    )


def _check_trunk(rule: SIPDispatchRuleInfo, trunk: SIPInboundTrunkInfo | None) -> Check:
    if not rule.trunk_ids:
        return Check(True, "For any trunk, or none.")
    if trunk is None:
        return Check(False, f"Only for {listing(rule.trunk_ids)}, and no trunk takes this call.")
    if trunk.sip_trunk_id in rule.trunk_ids:
        return Check(True, "Names the trunk.")
    return Check(False, f"Only for {listing(rule.trunk_ids)}, and the call comes over {label(trunk)}.")


def _check_pin(own: str, typed: str | None) -> Check:
    if typed is None:
        return Check(True, "Asks for its PIN." if own else "Asks for no PIN.")
    if not own:
        return Check(not typed, "Has no PIN, and one was typed." if typed else "Asks for no PIN.")
    if not typed:
        return Check(False, "Requires a PIN, and the caller typed none.")
    return Check(own == typed, "The PIN is right." if own == typed else "Has another PIN.")


def _compared(
    verdict: RuleVerdict, rule: SIPDispatchRuleInfo, best: SIPDispatchRuleInfo, *, undecided: bool
) -> RuleVerdict:
    if rule is best:
        why = "Asks for its PIN." if undecided else "Takes the call."
        return replace(verdict, verdict="chosen", why=why)
    if undecided:
        how = "if the caller types its PIN" if pin_of(rule) else "if the caller types # and no PIN"
        return replace(verdict, verdict="possible", why=f"May take the call {how}.")
    why = f"Matches too, but {label(best)} comes first: {_reason(rank_of(best), rank_of(rule))}."
    return replace(verdict, verdict="outranked", why=why)


def _reason(best: Rank, other: Rank) -> str:
    """What first sets two ranks apart; not the PIN, as rules with and without one never match at once for good."""
    reasons = {
        "any_trunk": "it names the trunk",
        "any_number": "it lists numbers where this one takes any",
        "kind": f"{KINDS[best.kind]} rules go before {KINDS[other.kind]} rules",
        "room": f"{quoted(best.room)} sorts before {quoted(other.room)}",
        "id": "its ID sorts first",
    }
    return next(reason for field, reason in reasons.items() if getattr(best, field) != getattr(other, field))


def _concluded(verdict: RuleVerdict) -> RuleVerdict:
    if not verdict.misses:
        return verdict
    return replace(verdict, why=" ".join(check.why for check in verdict.checks.values() if not check.passed))


def _failed(verdict: RuleVerdict, failure: Failure) -> RuleVerdict:
    if verdict.id in failure.between:
        return replace(verdict, verdict="conflict", why=failure.sentence)
    return replace(verdict, verdict="not considered", why="Not considered: LiveKit fails the call first.")
