"""What is wrong with outbound trunks: addresses that no call can go to, logins that are half set, odd numbers."""

import re
from collections.abc import Iterator, Sequence

from livekit.protocol.sip import SIPOutboundTrunkInfo

from .addresses import parse_address
from .call import named, quoted
from .entries import odd_entries
from .fault import Fault

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_WITH_PORT = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>.*))?")
# RFC 2606 and RFC 6761 reserve these for documents and tests: no provider has them.
_RESERVED = re.compile(r"(.*\.)?(example(\.(com|net|org))?|invalid)\.?", re.IGNORECASE)
_STAND_IN = re.compile(
    r"(.*[.-])?(your[-_].*|(your[-_]?|my[-_])(trunk|domain|provider|host|carrier|company|sip|pbx|server|subdomain|project)"
    r"|change-?me|replace-?me|placeholder|todo|fixme|x{3,}|x(\.x)+)([-_.].*)?",
    re.IGNORECASE,
)
# A name of an environment variable, without what would have filled it in.
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_LOCAL = re.compile(
    r"(.*\.)?localhost\.?|127\.[0-9.]+|\[?::1\]?|0\.0\.0\.0|\[?::\]?|.*\.localdomain", re.IGNORECASE
)


def host_problem(address: str) -> str:
    """Why no host can be meant by an address, as a sentence; empty where one can. Ports are allowed."""
    strange = sorted(set(re.sub(r"[A-Za-z0-9._:\[\]-]", "", address)))
    if "${" in address or "{{" in address or re.search(r"<[^>]*>|%[A-Za-z_]+%|\$[A-Za-z_]", address):
        return f"{quoted(address)} holds a placeholder that was never filled in: no host has such characters."
    if strange:
        return f"No host contains {' or '.join(map(quoted, strange))}. Enter the host alone, such as sip.example.com:5060."
    parts = _WITH_PORT.fullmatch(address)
    if parts is None:
        return "Put an IPv6 address in brackets, such as [2001:db8::1]:5060."
    return _host_or_port_problem(parts["host"], parts["port"])


def _host_or_port_problem(host: str, port: str | None) -> str:
    if port is not None and not (re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 65536):
        if parse_address(f"{host}:{port}"):
            return "Put an IPv6 address in brackets, such as [2001:db8::1]:5060."
        return f"{quoted(port)} is no port: enter a number from 1 to 65535 after the colon, or no colon."
    if host.startswith("["):
        inside = parse_address(host[1:-1])
        return "" if inside and inside.ip.version == 6 else f"{quoted(host)} is no IPv6 address."
    if re.fullmatch(r"[0-9.]+", host):
        return (
            ""
            if parse_address(host)
            else f"{quoted(host)} is no IPv4 address: it has four numbers from 0 to 255."
        )
    if not _HOST.fullmatch(host) or len(host) > 253:
        return f"{quoted(host)} can’t be a host name. Enter one such as sip.example.com."
    return ""


def outbound_faults(trunks: Sequence[SIPOutboundTrunkInfo]) -> Iterator[Fault]:
    """In the order of the trunks."""
    for trunk in trunks:
        yield from _address(trunk)
        yield from _login(trunk)
        yield from odd_entries(named(trunk), "numbers", trunk.numbers, outbound=(trunk.sip_trunk_id,))


def _address(trunk: SIPOutboundTrunkInfo) -> Iterator[Fault]:
    ids = (trunk.sip_trunk_id,)
    who, address = named(trunk), quoted(trunk.address)
    problem = host_problem(trunk.address) if trunk.address else ""
    host = re.sub(r":[0-9]+$", "", trunk.address)
    if problem:
        yield Fault(
            "impossible_address",
            "itself",
            f"{who} calls {address}, which is no host: every call over it fails.",
            problem,
            outbound=ids,
        )
    elif any(shape.fullmatch(host) for shape in (_RESERVED, _STAND_IN, _VARIABLE)):
        why = "is reserved for documentation" if _RESERVED.fullmatch(host) else "looks like a placeholder"
        yield Fault(
            "placeholder_address",
            "some calls",
            f"{who} calls {address}, which {why}.",
            "Enter the SIP host of your provider.",
            outbound=ids,
        )
    elif _LOCAL.fullmatch(host):
        yield Fault(
            "local_address",
            "nothing",
            f"{who} calls {address}, which is the machine that livekit-sip runs on.",
            "Enter the SIP host of your provider, unless a PBX runs on that machine.",
            outbound=ids,
        )


def _login(trunk: SIPOutboundTrunkInfo) -> Iterator[Fault]:
    if bool(trunk.auth_username) == bool(trunk.auth_password):
        return
    has, lacks = ("user name", "password") if trunk.auth_username else ("password", "user name")
    yield Fault(
        "half_a_login",
        "some calls",
        f"{named(trunk)} has a {has} but no {lacks}: a provider that asks for both refuses its calls.",
        f"Add the {lacks}, or remove the {has}.",
        outbound=(trunk.sip_trunk_id,),
    )
