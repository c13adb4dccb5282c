"""Faults of inbound trunks: who they admit that they shouldn't, and calls that they never get."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from itertools import combinations

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from .address_faults import address_faults
from .addresses import Network, is_host, usable
from .call import label, listing, named
from .coverage import coverage_of, network_of
from .entries import odd_entries
from .fault import Fault
from .numbers import normalize, normalized


@dataclass(frozen=True)
class Reach:
    """The calls that a trunk can take, in a form that can be compared. Empty numbers and callers mean any."""

    trunk: SIPInboundTrunkInfo
    numbers: frozenset[str]
    callers: frozenset[str]
    any_address: bool
    ranges: tuple[Network, ...]
    hosts: frozenset[str]

    @property
    def unrestricted(self) -> bool:
        return self.any_address and not self.callers

    def shares_callers_with(self, other: "Reach") -> bool:
        """Whether some caller at some address can reach both."""
        if self.callers and other.callers and not self.callers & other.callers:
            return False
        if self.any_address or other.any_address or self.hosts & other.hosts:
            return True
        # A call has an address and a From host: one trunk may match the one, the other the other.
        if (self.hosts and other.ranges) or (other.hosts and self.ranges):
            return True
        return any(_overlap(one, two) for one in self.ranges for two in other.ranges)


def reach_of(trunk: SIPInboundTrunkInfo) -> Reach:
    entries = usable(trunk.allowed_addresses)
    return Reach(
        trunk=trunk,
        numbers=frozenset(normalized(trunk.numbers)),
        callers=frozenset(normalized(trunk.allowed_numbers)),
        any_address=not entries,
        ranges=tuple(network for network in map(network_of, entries) if network),
        hosts=frozenset(filter(is_host, entries)),
    )


def trunk_faults(
    trunks: Sequence[SIPInboundTrunkInfo], rules: Sequence[SIPDispatchRuleInfo]
) -> Iterator[Fault]:
    """Pairs of trunks first, then trunk by trunk."""
    reaches = [reach_of(trunk) for trunk in trunks]
    for one, two in combinations(reaches, 2):
        if one.numbers & two.numbers and one.shares_callers_with(two):
            yield _same_number(one, two)
    yield from _defaults(reaches)
    for reach in reaches:
        yield from _security(reach)
        yield from address_faults(reach.trunk)
        yield from _numbers(reach.trunk)
        if rules and not any(
            not rule.trunk_ids or reach.trunk.sip_trunk_id in rule.trunk_ids for rule in rules
        ):
            yield _without_rule(reach.trunk)


def _same_number(one: Reach, two: Reach) -> Fault:
    return Fault(
        "same_number",
        "some calls",
        f"{named(one.trunk)} and {_inside(two)} both list {listing(sorted(one.numbers & two.numbers))}: "
        "LiveKit fails the calls that both would take.",
        "Remove the number from one of them, or give them allowed numbers or addresses that don’t overlap.",
        trunks=_ids(one, two),
    )


def _defaults(reaches: Sequence[Reach]) -> Iterator[Fault]:
    defaults = [reach for reach in reaches if not reach.numbers]
    for one, two in combinations(defaults, 2):
        if not one.shares_callers_with(two):
            continue
        alone = len(defaults) == len(reaches) and one.unrestricted and two.unrestricted
        yield Fault(
            "two_defaults",
            "every call" if alone else "some calls",
            f"{named(one.trunk)} and {_inside(two)} both take any number: "
            "LiveKit fails the calls that both would take, unless another trunk lists the number.",
            "List the numbers of one of them, or delete it.",
            trunks=_ids(one, two),
        )


def _security(reach: Reach) -> Iterator[Fault]:
    trunk = reach.trunk
    if bool(trunk.auth_username) != bool(trunk.auth_password):
        has, lacks = ("user name", "password") if trunk.auth_username else ("password", "user name")
        yield Fault(
            "half_a_login",
            "security",
            f"{named(trunk)} has a {has} but no {lacks}, so LiveKit asks callers for neither.",
            f"Add the {lacks}, or remove the {has}.",
            trunks=_ids(reach),
        )
    covered = coverage_of(trunk.allowed_addresses)
    if (reach.any_address or covered.is_open) and not reach.numbers and not _asks_password(trunk):
        words = "" if reach.any_address else covered.words
        source = words if words and not words.startswith("any ") else "any address"
        spelled = (
            f" Its allowed_addresses ({listing(trunk.allowed_addresses)}) cover {words}." if words else ""
        )
        yield Fault(
            "open_to_all",
            "security",
            f"{named(trunk)} takes calls to any number, from {source}, without a password.{spelled}",
            "Add a user name and password, only your provider’s addresses, or at least your numbers.",
            trunks=_ids(reach),
        )


def _numbers(trunk: SIPInboundTrunkInfo) -> Iterator[Fault]:
    ids = (trunk.sip_trunk_id,)
    yield from odd_entries(named(trunk), "numbers", trunk.numbers, trunks=ids)
    yield from odd_entries(named(trunk), "allowed_numbers", trunk.allowed_numbers, trunks=ids)
    own = [
        number
        for number in trunk.allowed_numbers
        if number and normalize(number) in normalized(trunk.numbers)
    ]
    if own:
        yield Fault(
            "own_number_as_caller",
            "some calls",
            f"{named(trunk)} lists its own number {listing(own)} in allowed_numbers, which is for callers: "
            + (
                "only calls from that number pass."
                if len(own) == len(trunk.allowed_numbers)
                else "it calls itself."
            ),
            "Remove it there; it belongs in numbers.",
            trunks=ids,
        )


def _without_rule(trunk: SIPInboundTrunkInfo) -> Fault:
    return Fault(
        "no_rule",
        "some calls",
        f"{named(trunk)} has no dispatch rule: callers hear it ring, and nothing more.",
        "Add the trunk to a rule, or create a rule for any trunk.",
        trunks=(trunk.sip_trunk_id,),
    )


def _asks_password(trunk: SIPInboundTrunkInfo) -> bool:
    return bool(trunk.auth_username and trunk.auth_password)


def _overlap(one: Network, two: Network) -> bool:
    if isinstance(one, IPv4Network) and isinstance(two, IPv4Network):
        return one.overlaps(two)
    return isinstance(one, IPv6Network) and isinstance(two, IPv6Network) and one.overlaps(two)


def _inside(reach: Reach) -> str:
    """A trunk in the middle of a sentence."""
    return f"trunk {label(reach.trunk)}" if reach.trunk.sip_trunk_id else "this trunk"


def _ids(*reaches: Reach) -> tuple[str, ...]:
    return tuple(reach.trunk.sip_trunk_id for reach in reaches)
