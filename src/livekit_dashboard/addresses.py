"""Addresses of clients, as limits count them."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=65536)
def network(address: str) -> str:
    """What counts as one address: of IPv6 the first 64 bits, because a customer has all those that follow."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
