"""The first page: what is going on, and whether the server is well."""

import asyncio

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.web.dependencies import LiveKit
from livekit_dashboard.web.render import page


async def index(request: Request, livekit: LiveKit) -> Response:
    """Two calls, at the same time: rooms, and active recordings."""
    now, server = await asyncio.gather(livekit.overview.now(), livekit.server.get())
    return page(
        request,
        "server/overview.html.j2",
        live=True,
        now=now,
        server=server,
        server_error=livekit.server.error,
        failures=livekit.errors.latest(8),
        since=livekit.errors.since,
        latency=livekit.latency.figures,
    )
