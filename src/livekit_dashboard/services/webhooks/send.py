"""Sends a signed sample webhook to an endpoint on the operator's own network.

Off unless WEBHOOK_SEND is set. Only loopback and private addresses are allowed. What a name resolves to is checked at
the moment of connecting, so a name can't be one address when it is checked and another when it is used.
"""

import asyncio
import ipaddress
import socket
import time
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from livekit_dashboard.services.errors.translation import BY_CLIENT_ERROR, BY_ERRNO

TIMEOUT = 5.0  # Seconds.
# Python's `is_private` covers more, such as networks for tests and documentation, which some operators use for real.
OWN = tuple(
    map(
        ipaddress.ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
    )
)
# Metadata services of clouds. Their IPv4 address is link-local, which is not in OWN.
NEVER = tuple(map(ipaddress.ip_network, ("fd00:ec2::/32", "fd20:ce::/32")))


class SendError(Exception):
    """The sample was not sent, or not answered. `str()` is a sentence for the operator."""


@dataclass(frozen=True)
class Answered:
    """The answer of the endpoint. LiveKit counts 2xx as received."""

    status: int
    took: float  # Milliseconds.


async def send(url: str, body: bytes, authorization: str) -> Answered:
    """POSTs the body as LiveKit does and follows no redirect. Raises SendError."""
    target = _target(url)
    headers = {"Authorization": authorization, "Content-Type": "application/webhook+json"}
    started = time.perf_counter()
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=_OwnNetwork())) as session,
            # A redirect may lead to another network.
            session.post(target, data=body, headers=headers, allow_redirects=False) as response,
        ):
            return Answered(response.status, (time.perf_counter() - started) * 1000)
    except TimeoutError:
        raise SendError(f"The endpoint didn’t answer within {TIMEOUT:.0f} s.") from None
    except aiohttp.ClientError as error:
        raise SendError(f"Not sent: {_why(error)}.") from error


def _why(error: aiohttp.ClientError) -> str:
    for kind, sentence in BY_CLIENT_ERROR:
        if isinstance(error, kind):
            return sentence
    return BY_ERRNO.get(
        getattr(error, "errno", None) or 0, "the connection failed, or the answer is not HTTP"
    )


def _target(url: str) -> URL:
    try:
        target = URL(url.strip())
    except ValueError:
        target = URL()
    if target.scheme not in {"http", "https"} or not target.host or target.user or target.password:
        raise SendError("Enter an address that begins with http:// or https://, without user or password.")
    try:
        literal = ipaddress.ip_address(target.host)
    except ValueError:
        # Another spelling of an address, such as 2852039166, would be used without a lookup.
        if target.host.replace(".", "").isdigit() or ":" in target.host:
            raise SendError("Enter the address as four numbers, such as 192.168.0.7.") from None
        return target
    _admit(literal)
    return target


def _admit(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    # ::ffff:127.0.0.1 is 127.0.0.1.
    meant = getattr(address, "ipv4_mapped", None) or address
    if not any(meant in network for network in OWN) or any(meant in network for network in NEVER):
        raise SendError("Samples can be sent to loopback and private addresses only.")


class _OwnNetwork(AbstractResolver):
    """Resolves a name if all of its addresses are in OWN. Raises SendError if one is not."""

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            _admit(ipaddress.ip_address(result["host"].partition("%")[0]))
        return found

    async def close(self) -> None:
        await self._resolver.close()
