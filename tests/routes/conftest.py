"""A dashboard on top of a simulated LiveKit, and clients that ask it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from livekit.protocol.egress import EgressInfo
from livekit.protocol.webhook import WebhookEvent

from livekit_dashboard.services.webhooks.webhooks import from_proto
from livekit_dashboard.simulator import World
from tests.dashboard import Dashboard, served, settings_for
from tests.livekit_server import Simulator
from tests.routes.site import EVENT

Serve = Callable[..., Awaitable[Dashboard]]
Browse = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def world(simulator: Simulator) -> World:
    """What LiveKit holds, at first nothing."""
    return simulator.world


@pytest.fixture
async def serve(simulator: Simulator) -> AsyncIterator[Serve]:
    """Serves dashboards with settings of the test's choice."""
    async with AsyncExitStack() as stack:

        async def start(**settings: object) -> Dashboard:
            dashboard = await stack.enter_async_context(served(settings_for(simulator, **settings)))
            seen = WebhookEvent(id=EVENT, event="egress_ended", egress_info=EgressInfo(egress_id="EG_seen"))
            dashboard.app.state.dashboard.webhooks.feed.add(from_proto(seen))
            return dashboard

        yield start


@pytest.fixture
async def browse(serve: Serve) -> AsyncIterator[Browse]:
    """Serves such a dashboard, and gives a client that is logged in to it."""
    async with AsyncExitStack() as stack:

        async def start(**settings: object) -> httpx.AsyncClient:
            dashboard = await serve(**settings)
            return await stack.enter_async_context(dashboard.client())

        yield start


@pytest.fixture
async def dashboard(serve: Serve) -> Dashboard:
    """A dashboard with the settings most have."""
    return await serve()


@pytest.fixture
async def client(dashboard: Dashboard) -> AsyncIterator[httpx.AsyncClient]:
    """The admin's browser."""
    async with dashboard.client() as client:
        yield client


@pytest.fixture
async def stranger(dashboard: Dashboard) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that nobody has logged in with."""
    async with dashboard.client(anonymous=True) as client:
        yield client
