"""Trunks, rules and calls in a few words: `direct("2", trunk_ids=["ST_A"])`."""

from livekit.protocol.sip import (
    SIPDispatchRule,
    SIPDispatchRuleCallee,
    SIPDispatchRuleDirect,
    SIPDispatchRuleIndividual,
    SIPDispatchRuleInfo,
    SIPInboundTrunkInfo,
)

from livekit_dashboard.services.sip.match import Call

NUMBER = "+15550100"
CALLER = "+15557777"


def trunk(letter: str = "A", numbers: tuple[str, ...] = (NUMBER,), **fields: object) -> SIPInboundTrunkInfo:
    return SIPInboundTrunkInfo(sip_trunk_id=f"ST_{letter}", numbers=numbers, **fields)  # type: ignore[arg-type]


def direct(letter: str = "1", room: str = "lobby", pin: str = "", **fields: object) -> SIPDispatchRuleInfo:
    return _rule(
        letter, SIPDispatchRule(dispatch_rule_direct=SIPDispatchRuleDirect(room_name=room, pin=pin)), fields
    )


def individual(
    letter: str = "1", prefix: str = "call", *, fixed: bool = False, **fields: object
) -> SIPDispatchRuleInfo:
    kind = SIPDispatchRuleIndividual(room_prefix=prefix, no_randomness=fixed)
    return _rule(letter, SIPDispatchRule(dispatch_rule_individual=kind), fields)


def callee(letter: str = "1", prefix: str = "desk", *, randomize: bool = False) -> SIPDispatchRuleInfo:
    kind = SIPDispatchRuleCallee(room_prefix=prefix, randomize=randomize)
    return _rule(letter, SIPDispatchRule(dispatch_rule_callee=kind), {})


def _rule(letter: str, kind: SIPDispatchRule, fields: dict[str, object]) -> SIPDispatchRuleInfo:
    return SIPDispatchRuleInfo(sip_dispatch_rule_id=f"SDR_{letter}", rule=kind, **fields)  # type: ignore[arg-type]


def call(
    called: str = NUMBER,
    calling: str = CALLER,
    source: str = "10.0.0.5",
    host: str = "sip.example.com",
    pin: str | None = None,
) -> Call:
    return Call(calling, called, source, host, pin)
