"""Client addresses, grouped as rate limits count them."""

import ipaddress
from functools import lru_cache
from typing import Protocol

from starlette.requests import HTTPConnection


@lru_cache(maxsize=65536)
def network(address: str) -> str:
    """The address itself, or for IPv6 its /64 network, which one client usually has to itself."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))


class _Transport(Protocol):
    @property
    def https_only(self) -> bool: ...


def is_secure(conn: HTTPConnection, settings: _Transport) -> bool:
    """Whether cookies are marked Secure. Over plain http, a browser would not send them back."""
    return settings.https_only or conn.url.scheme == "https"
