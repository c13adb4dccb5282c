"""What is wrong with stored trunks and rules, whoever calls."""

from collections.abc import Sequence

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from .fault import BREAKS, Fault
from .rule_faults import rule_faults
from .trunk_faults import trunk_faults


def faults(trunks: Sequence[SIPInboundTrunkInfo], rules: Sequence[SIPDispatchRuleInfo]) -> tuple[Fault, ...]:
    """The worst first. LiveKit refuses some of these sets at creation, but lets updates make them.

    Found is what holds for every call, or for every call to some number; what depends on where calls come from
    (From hosts that look like addresses, forged numbers) is not.
    """
    trunks = sorted(trunks, key=lambda trunk: trunk.sip_trunk_id)
    rules = sorted(rules, key=lambda rule: rule.sip_dispatch_rule_id)
    found = [*trunk_faults(trunks, rules), *rule_faults(trunks, rules)]
    return tuple(sorted(found, key=lambda fault: BREAKS.index(fault.breaks)))
