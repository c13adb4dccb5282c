"""All faults of the stored trunks and rules."""

from collections.abc import Sequence

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo, SIPOutboundTrunkInfo

from .fault import BREAKS, Fault
from .outbound_faults import outbound_faults
from .rule_faults import rule_faults
from .trunk_faults import trunk_faults


def faults(
    trunks: Sequence[SIPInboundTrunkInfo],
    rules: Sequence[SIPDispatchRuleInfo],
    outbound: Sequence[SIPOutboundTrunkInfo] = (),
) -> tuple[Fault, ...]:
    """The worst first. LiveKit refuses some of these sets at creation, but accepts updates that lead to them.

    Reported is what holds for every call, or for every call to some number. What depends on single calls
    (From hosts that look like addresses, forged numbers) is not.
    """
    trunks = sorted(trunks, key=lambda trunk: trunk.sip_trunk_id)
    rules = sorted(rules, key=lambda rule: rule.sip_dispatch_rule_id)
    outbound = sorted(outbound, key=lambda trunk: trunk.sip_trunk_id)
    found = [*trunk_faults(trunks, rules), *rule_faults(trunks, rules, outbound), *outbound_faults(outbound)]
    return tuple(sorted(found, key=lambda fault: BREAKS.index(fault.breaks)))
