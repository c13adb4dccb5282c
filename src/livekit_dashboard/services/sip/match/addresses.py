"""Which source addresses LiveKit accepts for a trunk.

Python's `ipaddress` and Go's `netip` differ in what they accept, so both are brought to Go's rules here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from .call import Call, Check, listing, quoted

Network = IPv4Network | IPv6Network

_IGNORED = re.compile(r"[()+*;, \t\n\r]|://")
# Python would also take `/255.0.0.0` and `/08`.
_BITS = re.compile(r"0|[1-9][0-9]{0,2}")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?")
_MAPPED = IPv6Network("::ffff:0:0/96")
_RESERVED = IPv4Network("240.0.0.0/4")


@dataclass(frozen=True)
class Address:
    """An IP address; the zone (`%eth0`) is part of it. IPv4 written as IPv6 is IPv6."""

    ip: IPv4Address | IPv6Address
    zone: str = ""


def parse_address(text: str) -> Address | None:
    bare, percent, zone = text.partition("%")
    try:
        ip = ip_address(bare)
    except ValueError:
        return None
    if percent and (ip.version == 4 or not zone):
        return None
    return Address(ip, zone)


def parse_range(text: str) -> Network | None:
    """The range that `10.1.2.3/8` stands for, which is 10.0.0.0/8."""
    base, _, bits = text.rpartition("/")
    address = parse_address(base)
    if address is None or address.zone or not _BITS.fullmatch(bits) or int(bits) > address.ip.max_prefixlen:
        return None
    return ip_network(f"{address.ip}/{bits}", strict=False)


def usable(entries: Sequence[str]) -> list[str]:
    """The entries that count. LiveKit silently drops those that can be neither address nor host."""
    return [entry for entry in entries if not _IGNORED.search(entry)]


def check_addresses(call: Call, entries: Sequence[str]) -> Check:
    """Expects a source address that can be read, or none."""
    counting = usable(entries)
    source = parse_address(call.source_address)
    if not entries:
        return Check(True, "Any source address may call.")
    if not counting:
        return Check(
            True,
            f"LiveKit ignores {listing(entries)}: none can be an address. Any source address may call.",
        )
    if source is None:
        return Check(True, "Not checked: the call has no source address.")
    for entry in counting:
        if entry == call.from_host:
            return Check(True, f"{quoted(entry)}, the host in the From header, is listed.")
        if _covers(entry, source):
            return Check(True, _why_listed(call, entry))
    return Check(False, _why_not(call, source, counting))


def _why_listed(call: Call, entry: str) -> str:
    if "/" in entry:
        network = parse_range(entry)
        every = f", and so is any IPv{network.version} address" if network and not network.prefixlen else ""
        return f"{call.source_address} is in {quoted(entry)}{every}."
    return f"{call.source_address} is listed."


def _covers(entry: str, source: Address) -> bool:
    if "/" not in entry:
        return parse_address(entry) == source
    network = parse_range(entry)
    return network is not None and not source.zone and source.ip in network


def _why_not(call: Call, source: Address, entries: Sequence[str]) -> str:
    why = f"{call.source_address} is not covered by {listing(entries)}"
    if call.from_host:
        why += f", nor is the From host {quoted(call.from_host)} listed"
    mapped = source.ip.ipv4_mapped if isinstance(source.ip, IPv6Address) else None
    if mapped and any(_covers(entry, Address(mapped)) for entry in entries):
        return f"{why}. {mapped} is, but written as IPv6 it counts as another address."
    unreadable = [entry for entry in entries if is_unreadable(entry)]
    if unreadable:
        return f"{why}. {quoted(unreadable[0])} can't be read as an address or a range."
    if any(is_host(entry) for entry in entries):
        return f"{why}. Host names are compared with the From header; LiveKit doesn’t resolve them."
    return f"{why}."


def is_host(entry: str) -> bool:
    """Whether an entry can only ever match the host in the From header, and looks like a host."""
    return "/" not in entry and parse_address(entry) is None and not is_unreadable(entry)


def is_unreadable(entry: str) -> bool:
    """Whether an entry is neither an address nor a range, and can't be a host either: `10.0.0.5:5060`, `10.0.0.x`."""
    if "/" in entry:
        return parse_range(entry) is None
    return parse_address(entry) is None and not _is_host_name(entry)


def never_matches(entry: str) -> str:
    """Why no call comes from an address or range, as the end of "“entry” …"; empty where calls can."""
    network = parse_range(entry) if "/" in entry else _alone(entry)
    if network is None:
        return ""
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return "is IPv4 written as IPv6, which matches no IPv4 caller"
    if network.prefixlen == network.max_prefixlen and network.network_address.is_unspecified:
        return "is a single address that no call comes from, not a wildcard"
    if network.is_multicast or (network.version == 4 and network.subnet_of(_RESERVED)):
        return "is multicast or reserved, and no call comes from there"
    return ""


def host_bits(entry: str) -> str:
    """The range that LiveKit reads an entry as, where the entry is written otherwise: 10.0.0.0/8 for `10.1.2.3/8`."""
    network = parse_range(entry) if "/" in entry else None
    if network is None or parse_address(entry.partition("/")[0]) == Address(network.network_address):
        return ""
    return str(network)


def _alone(entry: str) -> Network | None:
    address = parse_address(entry)
    return ip_network(address.ip) if address else None


def _is_host_name(entry: str) -> bool:
    """A name with a letter in its last label, none of whose labels is an x that stands for a number."""
    labels = entry.rstrip(".").split(".")
    if re.fullmatch(r"(\d+|x+)(\.(\d+|x+))+", entry, re.IGNORECASE):
        return False
    return all(map(_LABEL.fullmatch, labels)) and bool(re.search("[A-Za-z]", labels[-1]))
