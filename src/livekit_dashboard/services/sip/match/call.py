"""The call to explain, a check of it, and the wording that verdicts and faults share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo, SIPOutboundTrunkInfo

# Why LiveKit fails a call; `Failure.sentence` explains it to the reader.
FailureKind = Literal[
    "source_address", "trunks", "default_trunks", "duplicate_rules", "rule_without_type", "cannot_hide"
]


@dataclass(frozen=True)
class Call:
    """What LiveKit SIP sends the server of an inbound call. The server uses nothing else of the INVITE.

    `calling` and `called` are the user parts of the From and To headers, spelled as they arrive. An empty
    `source_address` means unknown. `pin` is what the caller types when asked: None is nothing yet, the empty string
    a lone `#`; it is not used if no PIN is required.
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
    """LiveKit answers the call with an error; `between` holds the IDs of the trunks or rules in conflict."""

    kind: FailureKind
    sentence: str
    between: tuple[str, ...] = ()


def quoted(text: str) -> str:
    return f"“{text}”"


def listing(items: Iterable[str], show: int = 4) -> str:
    """`“a”, “b” and 3 more`: enough to recognize a list. An empty list is `nothing`."""
    every = list(items)
    words = [quoted(item) for item in every[:show]]
    if len(every) > show:
        words.append(f"{len(every) - show} more")
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]])) or "nothing"


def label(item: SIPInboundTrunkInfo | SIPOutboundTrunkInfo | SIPDispatchRuleInfo) -> str:
    """A trunk or rule by its name and ID; by the ID alone where it has no name."""
    own = _id_of(item)
    return f"{quoted(item.name)} ({own})" if item.name else own


def named(item: SIPInboundTrunkInfo | SIPOutboundTrunkInfo | SIPDispatchRuleInfo) -> str:
    """The beginning of a sentence: `Trunk “Office” (ST_1)`, or `This trunk` for one that isn't stored yet."""
    kind = "rule" if isinstance(item, SIPDispatchRuleInfo) else "trunk"
    return f"{kind.capitalize()} {label(item)}" if _id_of(item) else f"This {kind}"


def _id_of(item: SIPInboundTrunkInfo | SIPOutboundTrunkInfo | SIPDispatchRuleInfo) -> str:
    return item.sip_dispatch_rule_id if isinstance(item, SIPDispatchRuleInfo) else item.sip_trunk_id
