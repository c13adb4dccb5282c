"""How much of the public internet a list of source addresses covers, however it is written."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from .addresses import parse_address, parse_range, usable

# Not routed on the internet: private, shared, loopback, link-local, multicast and reserved.
_PRIVATE = (
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/3",
)
_PUBLIC6 = IPv6Network("2000::/3")
# The share of all public addresses from which on a list is no restriction: either half of IPv4 is above it.
OPEN = 0.4
# A /8 of IPv4, a /16 of IPv6: more than any provider signals from.
WIDE4, WIDE6 = 2**24, 2**112


@dataclass(frozen=True)
class Coverage:
    """Public addresses in a list, and as shares (0 to 1) of all public ones of their version."""

    v4: int
    v6: int
    share4: float
    share6: float

    @property
    def is_open(self) -> bool:
        """Whether it covers about half of IPv4 or of IPv6, or more."""
        return max(self.share4, self.share6) >= OPEN

    @property
    def is_wide(self) -> bool:
        """Whether it covers more than any provider has, but is not open."""
        return not self.is_open and (self.v4 >= WIDE4 or self.v6 >= WIDE6)

    @property
    def words(self) -> str:
        """`any IPv4 address`, `50% of all public IPv4 addresses`, or the same of both versions."""
        shares = [(self.share4, "IPv4"), (self.share6, "IPv6")]
        counted = [(share, version) for share, version in shares if share >= OPEN] or [max(shares)]
        return " and ".join(_words(share, version) for share, version in counted)


def coverage_of(entries: Sequence[str]) -> Coverage:
    """Of the entries that LiveKit uses; hosts and what can't be read cover nothing."""
    networks = [network for network in map(network_of, usable(entries)) if network]
    fours = collapse_addresses(net for net in networks if isinstance(net, IPv4Network))
    sixes = collapse_addresses(net for net in networks if isinstance(net, IPv6Network))
    public4 = _public4()
    v4 = sum(_common(four, public) for four in fours for public in public4)
    v6 = sum(_common(six, _PUBLIC6) for six in sixes)
    return Coverage(v4, v6, v4 / sum(net.num_addresses for net in public4), v6 / _PUBLIC6.num_addresses)


def network_of(entry: str) -> IPv4Network | IPv6Network | None:
    """The range that an entry stands for; None for hosts, and for what can't be read."""
    if "/" in entry:
        return parse_range(entry)
    address = parse_address(entry)
    return ip_network(address.ip) if address else None


def _words(share: float, version: str) -> str:
    if share >= 0.995:
        return f"any {version} address"
    percent = f"{share:.0%}" if share >= 0.01 else f"{share:.1%}"
    return f"{percent} of all public {version} addresses"


def _common(one: IPv4Network | IPv6Network, two: IPv4Network | IPv6Network) -> int:
    """Two ranges are either apart, or one holds the other."""
    return min(one.num_addresses, two.num_addresses) if one.overlaps(two) else 0


@cache
def _public4() -> tuple[IPv4Network, ...]:
    public: Iterable[IPv4Network] = [IPv4Network("0.0.0.0/0")]
    for private in map(IPv4Network, _PRIVATE):
        public = [
            part
            for net in public
            for part in (net.address_exclude(private) if private.subnet_of(net) else [net])
        ]
    return tuple(public)
