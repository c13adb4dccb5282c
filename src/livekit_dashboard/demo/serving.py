"""Serves the dashboard inside the demo's event loop."""

import asyncio
import errno
import itertools
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

PORTS_TRIED = 50


def listen(host: str, port: int) -> socket.socket:
    """A listening socket at the first free port from ``port`` on. Raises OSError if there is none."""
    for candidate in itertools.count(port):
        try:
            return _listening(host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or candidate + 1 >= min(port + PORTS_TRIED, 65536):
                raise OSError(f"Can't listen on {host}, port {candidate}: {error.strerror}.") from error
    raise AssertionError("unreachable: the count has no end")


def _listening(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # asyncio sets TCP_NODELAY only where the protocol is named, which socket.create_server() doesn't do;
    # without it, every answer in two parts takes 40 ms longer.
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """The app answers while in this context. Raises RuntimeError if its start-up fails."""
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
            raise RuntimeError("The dashboard did not start; the log says why.")
        yield
    finally:
        server.should_exit = True
        await task


class _Server(uvicorn.Server):
    """Says when it has started, and leaves signals to the demo, which has more than this to end."""

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
