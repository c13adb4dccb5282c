"""Which inbound trunk takes a call."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from livekit.protocol.sip import SIPInboundTrunkInfo

from .addresses import check_addresses
from .call import Call, Check, Failure, label, quoted
from .numbers import belongs_in_numbers, check_spellings


@dataclass(frozen=True)
class TrunkVerdict:
    """How a trunk judged the call.

    `verdict`: "chosen"; "conflict", it takes the call and so does another, which LiveKit refuses; "outranked", a
    default trunk where one that lists the number takes the call; "no match", a check failed.
    """

    id: str
    label: str
    default: bool  # Lists no numbers of its own.
    numbers: Check
    allowed_numbers: Check
    allowed_addresses: Check
    asks_password: bool
    verdict: Literal["chosen", "conflict", "outranked", "no match"] = "no match"
    why: str = ""

    @property
    def checks(self) -> dict[str, Check]:
        """By the names that the fields have in LiveKit."""
        return {
            "numbers": self.numbers,
            "allowed_numbers": self.allowed_numbers,
            "allowed_addresses": self.allowed_addresses,
        }

    @property
    def misses(self) -> int:
        """How many checks failed: 1 is a near miss."""
        return sum(not check.passed for check in self.checks.values())

    @property
    def specific(self) -> bool:
        return not self.default


@dataclass(frozen=True)
class TrunkChoice:
    """`trunk` is None where none matches, which rejects nothing, and where LiveKit fails the call."""

    verdicts: tuple[TrunkVerdict, ...]
    trunk: SIPInboundTrunkInfo | None = None
    failure: Failure | None = None


def choose_trunk(trunks: Sequence[SIPInboundTrunkInfo], call: Call) -> TrunkChoice:
    """Expects a source address that can be read, or none. The verdicts come in order of ID."""
    ordered = sorted(trunks, key=lambda trunk: trunk.sip_trunk_id)
    verdicts = [_judge(trunk, call) for trunk in ordered]
    matching = [verdict for verdict in verdicts if not verdict.misses]
    contenders = [verdict for verdict in matching if verdict.specific] or matching
    failure = _conflict(contenders, call) if len(contenders) > 1 else None
    chosen = contenders[0] if len(contenders) == 1 else None
    trunk = next((trunk for trunk in ordered if chosen and trunk.sip_trunk_id == chosen.id), None)
    return TrunkChoice(
        tuple(_concluded(verdict, contenders, failure, chosen) for verdict in verdicts), trunk, failure
    )


def _judge(trunk: SIPInboundTrunkInfo, call: Call) -> TrunkVerdict:
    numbers = Check(True, "Lists no numbers, so it takes those that no other trunk lists.")
    allowed = Check(True, "Any number may call.")
    return TrunkVerdict(
        id=trunk.sip_trunk_id,
        label=label(trunk),
        default=not trunk.numbers,
        numbers=check_spellings(call.called, trunk.numbers) if trunk.numbers else numbers,
        allowed_numbers=belongs_in_numbers(
            check_spellings(call.calling, trunk.allowed_numbers), call.called, trunk.allowed_numbers
        )
        if trunk.allowed_numbers
        else allowed,
        allowed_addresses=check_addresses(call, trunk.allowed_addresses),
        asks_password=bool(trunk.auth_username and trunk.auth_password),
    )


def _conflict(contenders: Sequence[TrunkVerdict], call: Call) -> Failure:
    names = " and ".join(verdict.label for verdict in contenders)
    ids = tuple(verdict.id for verdict in contenders)
    if contenders[0].default:
        return Failure(
            "default_trunks", f"No trunk lists the number, and several take any number: {names}.", ids
        )
    return Failure("trunks", f"Several trunks take calls to {quoted(call.called)}: {names}.", ids)


def _concluded(
    verdict: TrunkVerdict,
    contenders: Sequence[TrunkVerdict],
    failure: Failure | None,
    chosen: TrunkVerdict | None,
) -> TrunkVerdict:
    if verdict is chosen:
        kind = "takes any number, and no trunk lists this one" if verdict.default else "lists the number"
        return replace(verdict, verdict="chosen", why=f"Takes the call: it {kind}.")
    if failure and verdict in contenders:
        return replace(verdict, verdict="conflict", why=failure.sentence)
    if not verdict.misses:
        return replace(verdict, verdict="outranked", why="A trunk that lists the number comes first.")
    missed = " ".join(check.why for check in verdict.checks.values() if not check.passed)
    return replace(verdict, why=missed)
