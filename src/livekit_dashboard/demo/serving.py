"""Serves the dashboard inside the demo's event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from livekit_dashboard import listening
from livekit_dashboard.listening import PortInUseError

PORTS_TRIED = 50


def listen(host: str, port: int) -> socket.socket:
    """A listening socket at the first free port from ``port`` on. Raises ConfigError if there is none."""
    last = min(port + PORTS_TRIED, 65536) - 1
    for candidate in range(port, last):
        with suppress(PortInUseError):
            return _first(listening.listen(host, candidate))
    return _first(listening.listen(host, last))


def _first(listeners: list[socket.socket]) -> socket.socket:
    for other in listeners[1:]:
        other.close()
    return listeners[0]


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serves the app while in this context. Raises RuntimeError if it doesn't start."""
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.started_up.wait()
        if not server.started:
            raise RuntimeError("The dashboard did not start. See the log above.")
        yield
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """Sets an event when it has started, and leaves signals to the demo, which has more to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.started_up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.started_up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
