"""Explains one call: the trunk and rule that LiveKit takes, the outcome, and what the caller notices."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from .addresses import parse_address
from .call import Call, Failure, quoted
from .outcome import Outcome, evaluate, nobody_to_hide
from .rules import NO_RULES, RuleChoice, RuleVerdict, choose_rule, pin_of
from .trunks import TrunkChoice, TrunkVerdict, choose_trunk

# LiveKit SIP hangs up as soon as more was typed.
LONGEST_PIN = 16

Result = Literal["accepted", "asks for a PIN", "wrong PIN", "no rule", "failed"]


@dataclass(frozen=True)
class Explanation:
    """What LiveKit does with a call, and why.

    `trunks` and `rules` hold a verdict for each, the chosen one first, then by how little they miss, then by ID.
    `rules` is empty where the call fails before LiveKit looks at them.
    """

    call: Call
    result: Result
    summary: str
    caller_notices: str
    notes: tuple[str, ...]
    trunks: tuple[TrunkVerdict, ...]
    rules: tuple[RuleVerdict, ...]
    trunk: TrunkVerdict | None  # The one that takes the call.
    rule: RuleVerdict | None  # The one that places it, or asks for its PIN.
    asks_password: bool
    asks_pin: bool
    outcome: Outcome | None  # Where `result` is "accepted".
    failure: Failure | None  # Where `result` is "failed".


@dataclass(frozen=True)
class _Way:
    """How far a call got."""

    result: Result
    trunks: TrunkChoice
    rules: RuleChoice = NO_RULES
    asks_pin: bool = False
    outcome: Outcome | None = None
    failure: Failure | None = None


def explain(
    trunks: Sequence[SIPInboundTrunkInfo], rules: Sequence[SIPDispatchRuleInfo], call: Call
) -> Explanation:
    """Plays a call through all inbound trunks and dispatch rules that the server has, in any order."""
    way = _walk(trunks, rules, call)
    trunk_verdicts = sorted(way.trunks.verdicts, key=lambda v: (v.verdict != "chosen", v.misses, v.id))
    rule_verdicts = sorted(way.rules.verdicts, key=lambda v: (v.verdict != "chosen", v.misses, v.id))
    trunk = next((verdict for verdict in trunk_verdicts if verdict.verdict == "chosen"), None)
    rule = next((verdict for verdict in rule_verdicts if verdict.verdict == "chosen"), None)
    return Explanation(
        call=call,
        result=way.result,
        summary=_summary(way, trunk, rule),
        caller_notices=_caller_notices(way, trunk),
        notes=tuple(_notes(way, call, bool(trunks))),
        trunks=tuple(trunk_verdicts),
        rules=tuple(rule_verdicts),
        trunk=trunk,
        rule=rule,
        asks_password=trunk is not None and trunk.asks_password,
        asks_pin=way.asks_pin,
        outcome=way.outcome,
        failure=way.failure,
    )


def _walk(trunks: Sequence[SIPInboundTrunkInfo], rules: Sequence[SIPDispatchRuleInfo], call: Call) -> _Way:
    """Once through the trunks, then through the rules: without a PIN, and again with what the caller typed."""
    if call.source_address and parse_address(call.source_address) is None:
        sentence = f"The source address {quoted(call.source_address)} is not an IP address."
        return _Way("failed", TrunkChoice(()), failure=Failure("source_address", sentence))
    taken = choose_trunk(trunks, call)
    if taken.failure:
        return _Way("failed", taken, failure=taken.failure)
    first = choose_rule(rules, taken.trunk, call, None)
    if first.rule is None or not pin_of(first.rule):
        return _placed(taken, first, call)
    nobody = nobody_to_hide(first.rule, call)
    if nobody:
        return _Way("failed", taken, first, failure=nobody)
    if call.pin is None:
        return _Way("asks for a PIN", taken, first, asks_pin=True)
    if len(call.pin) > LONGEST_PIN:
        return _Way("wrong PIN", taken, first, asks_pin=True)
    return _placed(taken, choose_rule(rules, taken.trunk, call, call.pin), call, asks_pin=True)


def _placed(taken: TrunkChoice, placed: RuleChoice, call: Call, *, asks_pin: bool = False) -> _Way:
    if placed.failure:
        return _Way("failed", taken, placed, asks_pin, failure=placed.failure)
    if placed.rule is None:
        return _Way("wrong PIN" if asks_pin else "no rule", taken, placed, asks_pin)
    outcome = evaluate(taken.trunk, placed.rule, call)
    if isinstance(outcome, Failure):
        return _Way("failed", taken, placed, asks_pin, failure=outcome)
    if asks_pin and not outcome.room:
        # The server accepts, but to LiveKit SIP a PIN that leads to no room is a wrong one.
        return _Way("wrong PIN", taken, placed, asks_pin)
    return _Way("accepted", taken, placed, asks_pin, outcome)


def _summary(way: _Way, trunk: TrunkVerdict | None, rule: RuleVerdict | None) -> str:
    over = f"Trunk {trunk.label} takes the call" if trunk else "No trunk takes the call"
    if way.failure:
        return f"LiveKit fails the call. {way.failure.sentence}"
    if way.result == "wrong PIN":
        return f"{over}, and no rule has the PIN that the caller typed."
    if rule is None:
        return f"{over}, and no rule places it."
    if way.outcome is None:
        return f"{over}, and rule {rule.label} asks for its PIN."
    room = quoted(way.outcome.room) if way.outcome.room else "a room without a name"
    return f"{over}, and rule {rule.label} sends it to {room}."


def _caller_notices(way: _Way, trunk: TrunkVerdict | None) -> str:
    """The SIP responses in order, as a trace on the caller’s side shows them."""
    password = (
        "407 for user name and password (401 if they are wrong), then "
        if trunk and trunk.asks_password
        else ""
    )
    return password + _answers(way)


def _answers(way: _Way) -> str:
    if way.asks_pin:
        return _answers_with_pin(way)
    if way.failure and not way.rules.verdicts:
        return "100 Trying, then 503 “Try again later”."
    if way.failure and way.failure.kind == "cannot_hide":
        return "It rings (180), then 503 “Try again later”, when LiveKit SIP’s request to the server has timed out."
    if way.failure:
        return "It rings (180), then 503 “Try again later”."
    if way.result == "no rule":
        return "It rings (180), then nothing more. LiveKit’s API has no trace of the call."
    return "It rings (180), and is answered (200) once a participant publishes a track in the room."


def _answers_with_pin(way: _Way) -> str:
    prompt = "It is answered (200), and a voice asks for the PIN"
    if way.result == "asks for a PIN":
        return f"{prompt}, which ends with #."
    if way.result == "wrong PIN":
        return f"{prompt}. Then a voice says that it is wrong, and LiveKit hangs up."
    return f"{prompt}. Then {'LiveKit hangs up' if way.failure else 'the caller joins the room'}."


def _notes(way: _Way, call: Call, any_trunks: bool) -> Iterator[str]:
    """What is easily overlooked about this outcome."""
    if way.result == "accepted" and way.trunks.trunk is None:
        yield "A call without a trunk isn’t rejected: rules for any trunk place it too." + (
            "" if any_trunks else " Without any trunk, anyone who reaches LiveKit SIP can call."
        )
    if way.result == "accepted" and call.pin is not None and not way.asks_pin:
        yield "The caller isn’t prompted for a PIN, so the PIN entered here is not used."
    if way.asks_pin and call.pin and len(call.pin) > LONGEST_PIN:
        yield f"LiveKit SIP rejects a PIN of more than {LONGEST_PIN} characters."
    if way.result != "failed" and not call.source_address:
        yield "Without a source address, allowed_addresses isn’t checked; a real call always has one."
    if way.outcome and not way.outcome.room:
        yield "A room needs a name: the call ends when the caller joins."
