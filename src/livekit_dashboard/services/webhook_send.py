"""Sends a signed sample to somebody's own endpoint, and to nothing but their own network.

Off unless WEBHOOK_SEND is set. Only loopback and private addresses are spoken to: what a name resolves to is checked
at the moment of connecting, so that a name can't be one address when it is checked and another when it is used.
"""

import asyncio
import ipaddress
import socket
import time
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

TIMEOUT = 5.0  # Seconds.
# What Python calls private holds more, such as networks for tests and for documents, which some use for real.
OWN = tuple(
    map(
        ipaddress.ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"),
    )
)
# Where clouds keep their metadata services. That of IPv4 is link-local, which is not admitted anyway.
NEVER = tuple(map(ipaddress.ip_network, ("fd00:ec2::/32", "fd20:ce::/32")))


class SendError(Exception):
    """It was not sent, or not answered. `str()` is a sentence."""


@dataclass(frozen=True)
class Answered:
    """What the endpoint said. LiveKit takes 2xx for received, and tries again after anything else."""

    status: int
    took: float  # Milliseconds.


async def send(url: str, body: bytes, authorization: str) -> Answered:
    """POSTs the body as LiveKit would. Raises SendError."""
    target = _target(url)
    headers = {"Authorization": authorization, "Content-Type": "application/webhook+json"}
    started = time.perf_counter()
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=_OwnNetwork())) as session,
            # Whatever answers might point elsewhere.
            session.post(target, data=body, headers=headers, allow_redirects=False) as response,
        ):
            return Answered(response.status, (time.perf_counter() - started) * 1000)
    except TimeoutError:
        raise SendError(f"There was no answer within {TIMEOUT:.0f} seconds.") from None
    except aiohttp.ClientError as error:
        raise SendError(getattr(error, "strerror", None) or "There was no HTTP answer.") from error


def _target(url: str) -> URL:
    try:
        target = URL(url.strip())
    except ValueError:
        target = URL()
    if target.scheme not in {"http", "https"} or not target.host or target.user or target.password:
        raise SendError("Give an address that begins with http:// or https://, without user or password.")
    try:
        literal = ipaddress.ip_address(target.host)
    except ValueError:
        # Another spelling of an address, such as 2852039166, would be used as it is, and looked up nowhere.
        if target.host.replace(".", "").isdigit() or ":" in target.host:
            raise SendError("Write the address with four numbers, as in 192.168.0.7.") from None
        return target
    _admit(literal)
    return target


def _admit(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    # ::ffff:127.0.0.1 is 127.0.0.1.
    meant = getattr(address, "ipv4_mapped", None) or address
    if not any(meant in network for network in OWN) or any(meant in network for network in NEVER):
        raise SendError("Samples are sent to loopback and private addresses only.")


class _OwnNetwork(AbstractResolver):
    """Resolves a name, if all that it stands for is on one's own network."""

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
