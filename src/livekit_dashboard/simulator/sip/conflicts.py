"""Conflicts between trunks, and between rules, that the server refuses."""

import json
import re
from collections.abc import Callable, Iterable, Sequence

from livekit.protocol import sip

from livekit_dashboard.simulator.errors import TwirpError, internal

_NUMBER = re.compile(r"\+?[0-9\- ()]+")


def normalised(number: str) -> str:
    """A telephone number without punctuation and with a plus; anything else as it is."""
    if not _NUMBER.fullmatch(number):
        return number
    digits = re.sub(r"[ \-()]", "", number)
    return digits if digits.startswith("+") else f"+{digits}"


def with_new(
    stored: Sequence[sip.SIPInboundTrunkInfo], new: sip.SIPInboundTrunkInfo
) -> list[sip.SIPInboundTrunkInfo]:
    """The order in which the server checks a new trunk among others: second."""
    return [*stored[:1], new, *stored[1:]]


def check_trunks(trunks: Iterable[sip.SIPInboundTrunkInfo]) -> None:
    """Raises TwirpError if two of the trunks would claim the same call."""
    claims: dict[tuple[str, str], sip.SIPInboundTrunkInfo] = {}
    for trunk in trunks:
        for number in _once(trunk.numbers):
            for allowed in trunk.allowed_numbers or [""]:
                key = (normalised(number), normalised(allowed))
                other = claims.setdefault(key, trunk)
                if other.sip_trunk_id != trunk.sip_trunk_id:
                    raise TwirpError("invalid_argument", _conflict(trunk, other, allowed))
                claims[key] = trunk


def check_rules(rules: Iterable[sip.SIPDispatchRuleInfo]) -> None:
    """Raises TwirpError if two rules, or one rule twice, would claim the same call."""
    claims: dict[tuple[str, str, str, str], sip.SIPDispatchRuleInfo] = {}
    for rule in rules:
        pin = pin_of(rule)
        for trunk in rule.trunk_ids or [""]:
            for caller in rule.inbound_numbers or [""]:
                for called in rule.numbers or [""]:
                    key = (pin, trunk, normalised(caller), normalised(called))
                    if key in claims:
                        raise TwirpError("invalid_argument", _duplicate(claims[key]))
                    claims[key] = rule


def pin_of(rule: sip.SIPDispatchRuleInfo) -> str:
    """The PIN of a rule, or the empty string. Raises TwirpError for a rule without a type."""
    kind = rule.rule.WhichOneof("rule")
    if kind is None:
        raise internal("invalid_argument", "unsupported SIP Dispatch Rule: <nil>")
    pins: dict[str, Callable[[], str]] = {
        "dispatch_rule_direct": lambda: rule.rule.dispatch_rule_direct.pin,
        "dispatch_rule_individual": lambda: rule.rule.dispatch_rule_individual.pin,
        "dispatch_rule_callee": lambda: rule.rule.dispatch_rule_callee.pin,
    }
    return pins[kind]()


def _once(numbers: Sequence[str]) -> list[str]:
    """The numbers, each but once, or the one that stands for all."""
    return list({normalised(number): number for number in reversed(numbers)}.values())[::-1] or [""]


def _conflict(trunk: sip.SIPInboundTrunkInfo, other: sip.SIPInboundTrunkInfo, allowed: str) -> str:
    ids = f"{_quoted(trunk.sip_trunk_id or '<new>')} and {_quoted(other.sip_trunk_id or '<new>')}"
    numbers = f"[{' '.join(map(_quoted, trunk.numbers))}]" if trunk.numbers else "<any>"
    how = f"and AllowedNumber {_quoted(allowed)}" if trunk.allowed_numbers else "without AllowedNumbers set"
    return f"Conflicting inbound SIP Trunks: {ids}, using the same number(s) {numbers} {how}"


def _duplicate(other: sip.SIPDispatchRuleInfo) -> str:
    return (
        "Dispatch rule for the same trunk, inbound number, number, and PIN combination already exists "
        f"in dispatch rule {_quoted(other.sip_dispatch_rule_id or '<new>')} "
        f"{_quoted(other.name or '<blank name>')}"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
