"""Serves an ASGI app on a loopback port, inside the running event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
PATIENCE = 1.0
"""Seconds that answers under way get to notice that their client has been dropped."""


@asynccontextmanager
async def running(app: ASGIApp, *, port: int = 0) -> AsyncIterator[str]:
    """Serve ``app`` while the block runs; gives its http URL.

    Port 0 is any free one. It listens before the block begins; afterwards nothing does, so that
    connections are refused, and those still open have been dropped.
    """
    # asyncio sets TCP_NODELAY only where the protocol is named, which socket.create_server() doesn't do;
    # without it, every answer in two parts takes 40 ms longer.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
        server = _server(app)
        await server.startup(sockets=[listener])
        ticking = asyncio.create_task(server.main_loop())
        try:
            yield f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            ticking.cancel()
            await _stop(server)


def _server(app: ASGIApp) -> uvicorn.Server:
    async def lend_drop(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope["state"]["drop"] = drop_client
        await app(scope, receive, send)

    def drop_client(client: tuple[str, int]) -> None:
        for connection in list(server.server_state.connections):
            if getattr(connection, "client", None) == tuple(client):
                _drop(connection)

    # Its own log settings would change those of the process; signals stay with the process because
    # we never call serve().
    config = uvicorn.Config(
        lend_drop,
        log_config=None,
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        # livekit-server closes no idle connection, and a client that takes one for open would fail.
        timeout_keep_alive=3600,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    return server


async def _stop(server: uvicorn.Server) -> None:
    """uvicorn's own shutdown, but without its waits, of which every test would have its share."""
    for listening in server.servers:
        listening.close()
    # Dropped rather than waited for: a client of a hanging fault would never end.
    for connection in list(server.server_state.connections):
        _drop(connection)
    answering = server.server_state.tasks
    if answering:
        _, late = await asyncio.wait(answering, timeout=PATIENCE)
        for task in late:
            task.cancel()
    for listening in server.servers:
        await listening.wait_closed()


def _drop(connection: object) -> None:
    transport = getattr(connection, "transport", None)
    if isinstance(transport, asyncio.BaseTransport):
        transport.close()
