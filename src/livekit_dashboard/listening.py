"""Listens on an address and serves an app there. A ConfigError names the setting to change if that fails."""

import errno
import logging
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from .environment import ConfigError

logger = logging.getLogger(__name__)
GRACE = 5
"""Seconds that requests get to finish after a signal to stop."""
IDLE = 75
"""Seconds until an idle connection is closed: longer than the minute after which load balancers close theirs, because
a request on a connection that is being closed fails."""
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class PortInUseError(ConfigError):
    """Another program listens there."""


def listen(host: str, port: int, prefix: str = "") -> list[socket.socket]:
    """Listening sockets, one for each address that the host has here; port 0 is any free one.

    `prefix` is what the names of the settings HOST and PORT begin with. Raises ConfigError, PortInUseError.
    """
    listeners: list[socket.socket] = []
    failure: OSError | None = None
    try:
        for family, address in _addresses(host, port, prefix):
            if listeners and port == 0:
                address = (address[0], listeners[0].getsockname()[1], *address[2:])
            try:
                listeners.append(_listening(family, address))
            except OSError as error:
                failure = error
                if error.errno not in NOT_HERE:
                    raise
        if not listeners and failure is not None:
            raise failure
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise _explained(error, host, port, prefix) from error
    return listeners


def run(app: ASGIApp, listeners: list[socket.socket], host: str, **options: Any) -> None:
    """Serves until SIGINT or SIGTERM, and logs where; `options` are uvicorn's."""
    # The app itself decides whose X-Forwarded-* to believe: TRUSTED_PROXIES.
    config = uvicorn.Config(app, proxy_headers=False, server_header=False, **options)
    try:
        _Server(config, address(host, listeners)).run(sockets=listeners)
    except KeyboardInterrupt:
        # uvicorn has ended in order and sends itself the signal again.
        return


def address(host: str, listeners: list[socket.socket]) -> str:
    """Where a browser finds it."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listeners[0].getsockname()[1]}"


class _Server(uvicorn.Server):
    """Logs its address, which uvicorn doesn't for sockets that it is given."""

    def __init__(self, config: uvicorn.Config, where: str) -> None:
        super().__init__(config)
        self._where = where

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        logger.info("Server running on %s (Ctrl-C stops it)", self._where)


def _addresses(host: str, port: int, prefix: str) -> list[tuple[int, Any]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    # The second is for what can't be a name at all: too long, or with an empty part.
    except (socket.gaierror, UnicodeError):
        raise ConfigError(
            f"{prefix}HOST is not an address of this machine, or a name of one: {host!r}."
        ) from None
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _listening(family: int, address: Any) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named, which socket.create_server() doesn't do;
    # without it, every answer in two parts takes 40 ms longer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _explained(error: OSError, host: str, port: int, prefix: str) -> ConfigError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(f"The port {port} is in use by another program; {prefix}PORT names another.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return ConfigError(
            f"This user may not listen on port {port}: ports below 1024 need privileges. Set {prefix}PORT to a"
            " higher one, and let a proxy listen on the low one."
        )
    if error.errno in NOT_HERE:
        return ConfigError(
            f"This machine doesn't have the address {host}. Set {prefix}HOST to one of its addresses, or to"
            " 0.0.0.0 for all of them."
        )
    code = errno.errorcode.get(error.errno or 0, "no code")
    return ConfigError(
        f"This machine can't listen on {host}, port {port} ({code}). Change {prefix}HOST or {prefix}PORT."
    )
