"""Faults of one trunk's allowed_addresses: entries that admit any caller, and entries that match none."""

from collections.abc import Iterator

from livekit.protocol.sip import SIPInboundTrunkInfo

from .addresses import host_bits, is_host, is_unreadable, never_matches, usable
from .call import listing, named, quoted
from .coverage import coverage_of
from .entries import empty_entry
from .fault import Fault


def address_faults(trunk: SIPInboundTrunkInfo) -> Iterator[Fault]:
    """The widest first."""
    entries = list(trunk.allowed_addresses)
    if "" in entries:
        yield empty_entry(
            named(trunk),
            "allowed_addresses",
            alone=len(entries) == 1,
            lacks="From host",
            trunks=(trunk.sip_trunk_id,),
        )
    written = [entry for entry in entries if entry]
    yield from _coverage(trunk, written)
    yield from _ignored(trunk, written)
    yield from _unreadable(trunk, written)
    yield from _unmatched(trunk, written)
    yield from _hosts(trunk, written)


def _coverage(trunk: SIPInboundTrunkInfo, entries: list[str]) -> Iterator[Fault]:
    covered = coverage_of(entries)
    protected = bool(trunk.numbers or (trunk.auth_username and trunk.auth_password))
    if covered.is_open and protected:
        yield Fault(
            "any_address",
            "nothing",
            f"{named(trunk)} lists {listing(entries)} in allowed_addresses, which covers {covered.words}: "
            "the list is no restriction.",
            "List only your provider’s addresses, or empty the list to say the same.",
            trunks=(trunk.sip_trunk_id,),
        )
    if covered.is_wide:
        read_as = [f"{quoted(entry)} is read as {host_bits(entry)}" for entry in entries if host_bits(entry)]
        yield Fault(
            "wide_addresses",
            "security",
            f"{named(trunk)} lists {listing(entries)} in allowed_addresses, which covers {covered.words}"
            f"{' (' + read_as[0] + ')' if read_as else ''}.",
            "List only your provider’s addresses.",
            trunks=(trunk.sip_trunk_id,),
        )


def _ignored(trunk: SIPInboundTrunkInfo, entries: list[str]) -> Iterator[Fault]:
    counting = usable(entries)
    ignored = [entry for entry in entries if entry not in counting]
    if ignored:
        consequence = "." if counting else ", so any address may call."
        yield Fault(
            "ignored_addresses",
            "nothing" if counting else "security",
            f"{named(trunk)}: LiveKit ignores {listing(ignored)} in allowed_addresses{consequence}",
            "Enter one address, range or host per entry: 203.0.113.7, 203.0.113.0/24 or sip.example.com.",
            trunks=(trunk.sip_trunk_id,),
        )


def _unreadable(trunk: SIPInboundTrunkInfo, entries: list[str]) -> Iterator[Fault]:
    counting = usable(entries)
    unreadable = [entry for entry in counting if is_unreadable(entry)]
    if unreadable:
        yield Fault(
            "unreadable_addresses",
            "some calls" if len(unreadable) < len(counting) else "itself",
            f"{named(trunk)}: {listing(unreadable)} in allowed_addresses is neither an address nor a range nor a host, "
            "so no call matches.",
            "Enter addresses without port and brackets, and ranges such as 203.0.113.0/24.",
            trunks=(trunk.sip_trunk_id,),
        )


def _unmatched(trunk: SIPInboundTrunkInfo, entries: list[str]) -> Iterator[Fault]:
    unmatched = [entry for entry in usable(entries) if never_matches(entry)]
    if unmatched:
        yield Fault(
            "unmatched_addresses",
            "some calls",
            f"{named(trunk)}: {quoted(unmatched[0])} in allowed_addresses {never_matches(unmatched[0])}.",
            "Enter the addresses that calls come from, such as 203.0.113.7; an empty list matches any.",
            trunks=(trunk.sip_trunk_id,),
        )


def _hosts(trunk: SIPInboundTrunkInfo, entries: list[str]) -> Iterator[Fault]:
    hosts = [entry for entry in entries if usable([entry]) and is_host(entry)]
    if hosts:
        yield Fault(
            "host_names",
            "nothing",
            f"{named(trunk)}: LiveKit compares {listing(hosts)} in allowed_addresses with the host in the From header, "
            "which any caller can set, and doesn’t resolve it.",
            "Enter the addresses that the name stands for.",
            trunks=(trunk.sip_trunk_id,),
        )
