"""Which inbound trunk and dispatch rule LiveKit takes for a SIP call, and why; and what is wrong with a stored set.

Pure functions over the stored messages. They follow livekit-server 1.13.5 and the protocol module that it is built
with, on which tests compare them: https://github.com/livekit/livekit/blob/v1.13.5/pkg/service/ioservice_sip.go,
https://github.com/livekit/protocol/blob/28e604c046c6/sip/sip.go. What the caller notices, and the dialogue about the PIN,
are LiveKit SIP's: https://github.com/livekit/sip/blob/v1.9.0/pkg/sip/inbound.go.
"""

from .call import Call, Check, Failure
from .explain import Explanation, explain
from .fault import Fault
from .faults import faults
from .outcome import RANDOM, Agent, Media, Outcome
from .rules import RuleVerdict
from .trunks import TrunkVerdict

__all__ = [
    "RANDOM",
    "Agent",
    "Call",
    "Check",
    "Explanation",
    "Failure",
    "Fault",
    "Media",
    "Outcome",
    "RuleVerdict",
    "TrunkVerdict",
    "explain",
    "faults",
]
