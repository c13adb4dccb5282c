"""The call to explain, and the words that verdicts are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

# Why LiveKit fails a call; the sentence beside it says it for people.
FailureKind = Literal[
    "source_address", "trunks", "default_trunks", "duplicate_rules", "rule_without_type", "cannot_hide"
]


@dataclass(frozen=True)
class Call:
    """An inbound call as LiveKit SIP tells it to the server, which looks at nothing else of the INVITE.

    `calling` and `called` are the user parts of the From and To headers, spelt as they arrive. An empty
    `source_address` means unknown. `pin` is what the caller types when asked: None is nothing yet, the empty string
    a lone `#`; where no PIN is asked for, it is not used.
    """

    calling: str
    called: str
    source_address: str = ""
    from_host: str = ""
    pin: str | None = None


@dataclass(frozen=True)
class Check:
    """Whether a call passes one condition, and in one sentence why, or why not."""

    passed: bool
    why: str


@dataclass(frozen=True)
class Failure:
    """LiveKit answers the call with an error; `between` holds the IDs of the trunks or rules at odds."""

    kind: FailureKind
    sentence: str
    between: tuple[str, ...] = ()


def quoted(text: str) -> str:
    return f"“{text}”"


def listing(items: Iterable[str], show: int = 4) -> str:
    """`“a”, “b” and 3 more`: enough to recognise a list by. An empty list is `nothing`."""
    every = list(items)
    words = [quoted(item) for item in every[:show]]
    if len(every) > show:
        words.append(f"{len(every) - show} more")
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]])) or "nothing"


def label(item: SIPInboundTrunkInfo | SIPDispatchRuleInfo) -> str:
    """What people call a trunk or rule: its name, and its ID; the ID alone where it has no name."""
    own = item.sip_trunk_id if isinstance(item, SIPInboundTrunkInfo) else item.sip_dispatch_rule_id
    return f"{quoted(item.name)} ({own})" if item.name else own
