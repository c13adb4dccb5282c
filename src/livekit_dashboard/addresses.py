"""Client addresses, grouped as rate limits count them."""

import ipaddress
from functools import lru_cache


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
