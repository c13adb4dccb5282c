"""What is wrong with inbound trunks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import combinations

from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from .addresses import Network, is_host, is_unreadable, parse_address, parse_range, usable
from .call import label, listing
from .fault import Fault, empty_entry
from .numbers import normalized


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
        # A call has an address and a From host: one trunk may go by this, the other by that.
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
        ranges=tuple(network for network in map(_network, entries) if network),
        hosts=frozenset(filter(is_host, entries)),
    )


def trunk_faults(
    trunks: Sequence[SIPInboundTrunkInfo], rules: Sequence[SIPDispatchRuleInfo]
) -> Iterator[Fault]:
    reaches = [reach_of(trunk) for trunk in trunks]
    for one, two in combinations(reaches, 2):
        if one.numbers & two.numbers and one.shares_callers_with(two):
            yield _same_number(one, two)
    yield from _defaults(reaches)
    for reach in reaches:
        yield from _security(reach)
        yield from _addresses(reach.trunk)
        for field in ("numbers", "allowed_numbers"):
            if list(getattr(reach.trunk, field)) == [""]:
                yield empty_entry(f"trunk {label(reach.trunk)}", field, trunks=_ids(reach))
        if rules and not any(
            not rule.trunk_ids or reach.trunk.sip_trunk_id in rule.trunk_ids for rule in rules
        ):
            yield _silent(reach.trunk)


def _same_number(one: Reach, two: Reach) -> Fault:
    return Fault(
        "same_number",
        "some calls",
        f"Trunks {label(one.trunk)} and {label(two.trunk)} both list {listing(sorted(one.numbers & two.numbers))}: "
        "LiveKit fails the calls that both would take.",
        "Take the number off one of them, or give them allowed numbers or addresses that don't overlap.",
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
            f"Trunks {label(one.trunk)} and {label(two.trunk)} both take any number: "
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
            f"Trunk {label(trunk)} has a {has} but no {lacks}, so LiveKit asks callers for neither.",
            f"Add the {lacks}, or remove the {has}.",
            trunks=_ids(reach),
        )
    if reach.any_address and not reach.numbers and not (trunk.auth_username and trunk.auth_password):
        yield Fault(
            "open_to_all",
            "security",
            f"Trunk {label(trunk)} takes calls to any number, from any address, without a password.",
            "Add a user name and password, the addresses of your provider, or at least your numbers.",
            trunks=_ids(reach),
        )


def _addresses(trunk: SIPInboundTrunkInfo) -> Iterator[Fault]:
    counting = usable(trunk.allowed_addresses)
    ignored = [entry for entry in trunk.allowed_addresses if entry not in counting]
    unreadable = [entry for entry in counting if is_unreadable(entry)]
    if ignored:
        consequence = "." if counting else ", so any address may call."
        yield Fault(
            "ignored_addresses",
            "nothing" if counting else "security",
            f"LiveKit ignores {listing(ignored)} in the allowed addresses of trunk {label(trunk)}{consequence}",
            "Write one address, range or host per entry: 203.0.113.7, 203.0.113.0/24 or sip.example.com.",
            trunks=(trunk.sip_trunk_id,),
        )
    if unreadable:
        yield Fault(
            "unreadable_addresses",
            "some calls" if len(unreadable) < len(counting) else "itself",
            f"LiveKit can't read {listing(unreadable)} in the allowed addresses of trunk {label(trunk)}: "
            "calls from there don't match.",
            "Write addresses without port and brackets, and ranges like 203.0.113.0/24.",
            trunks=(trunk.sip_trunk_id,),
        )


def _silent(trunk: SIPInboundTrunkInfo) -> Fault:
    return Fault(
        "no_rule",
        "some calls",
        f"No dispatch rule is for trunk {label(trunk)}: whoever calls over it hears nothing.",
        "Add the trunk to a rule, or make a rule that is for any trunk.",
        trunks=(trunk.sip_trunk_id,),
    )


def _network(entry: str) -> Network | None:
    """The range that an entry stands for; None for hosts, and for what can't be read."""
    if "/" in entry:
        return parse_range(entry)
    address = parse_address(entry)
    return ip_network(address.ip) if address else None


def _overlap(one: Network, two: Network) -> bool:
    if isinstance(one, IPv4Network) and isinstance(two, IPv4Network):
        return one.overlaps(two)
    return isinstance(one, IPv6Network) and isinstance(two, IPv6Network) and one.overlaps(two)


def _ids(*reaches: Reach) -> tuple[str, ...]:
    return tuple(reach.trunk.sip_trunk_id for reach in reaches)
