"""The servers tests talk to: the real one, where there is one, and the simulator."""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from livekit import api

from livekit_dashboard.demo.server import LiveKitServer, find_livekit_server
from livekit_dashboard.simulator import World, create_app, running

_NO_LIVEKIT = "No livekit-server: `make livekit-server` builds one, or name yours in LIVEKIT_SERVER_BIN."
_NO_REDIS = "No redis-server on the PATH: install your system's redis package."


@dataclass(frozen=True)
class Simulator:
    """A simulator that is being served, and the world behind it."""

    world: World
    url: str
    api_key: str
    api_secret: str


@asynccontextmanager
async def real_server(
    *, redis: bool = True, config: Mapping[str, object] | None = None, **options: str
) -> AsyncIterator[LiveKitServer]:
    """A real server of the test's own; without its binaries the test is skipped, and fails in CI."""
    missing = None
    if find_livekit_server() is None:
        missing = _NO_LIVEKIT
    elif redis and shutil.which("redis-server") is None:
        missing = _NO_REDIS
    if missing:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    async with LiveKitServer(redis=redis, config=config, **options) as server:
        yield server


@asynccontextmanager
async def simulated_server(world: World | None = None) -> AsyncIterator[Simulator]:
    """A simulator of the test's own, over ``world`` or an empty one."""
    world = world or World()
    key, secret = "APIsimulator", "a-secret-that-is-long-enough-for-hs256"
    app = create_app({key: secret}, world)
    async with app.router.lifespan_context(app), running(app) as url:
        yield Simulator(world, url, key, secret)


async def forget_telephony(lk: api.LiveKitAPI) -> None:
    """Deletes every trunk and dispatch rule that the server has."""
    inbound = await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())
    outbound = await lk.sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())
    for trunk in (*inbound.items, *outbound.items):
        await lk.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk.sip_trunk_id))
    for rule in (await lk.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items:
        gone = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=rule.sip_dispatch_rule_id)
        await lk.sip.delete_dispatch_rule(gone)
