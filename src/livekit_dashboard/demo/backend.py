"""Starts the LiveKit server of the demo: livekit-server if it is installed, else the simulator."""

import importlib.util
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from livekit_dashboard import simulator

from .play import Stage
from .server import LiveKitServer, find_livekit_server
from .simulated_stage import SimulatedStage
from .simulated_workers import BUSY, DECLINES


@dataclass(frozen=True, slots=True)
class Backend:
    """A running LiveKit server. Without a ``stage``, no participant can join, and without ``telephony``, it stores no
    trunks; ``world`` is the simulator's, ``says`` are lines for the terminal."""

    url: str
    api_key: str
    api_secret: str
    stage: Stage | None
    world: simulator.World | None
    telephony: bool
    says: tuple[str, ...]


RTMP, WHIP = "rtmp://127.0.0.1/live", "http://127.0.0.1:8085/w"
"""The addresses that ingresses show. The real server of the demo has no ingress worker."""

NOWHERE = Backend("ws://127.0.0.1", "none", "none", stage=None, world=None, telephony=False, says=())
"""A placeholder until the server has started."""


def backend(*, simulate: bool = False, webhooks: str) -> AbstractAsyncContextManager[Backend]:
    """Starts livekit-server if it is installed, else the simulator; ``simulate`` always starts the simulator.

    ``webhooks`` is the URL that its events go to.

    Entering raises what LiveKitServer does. Raises ConfigError if LIVEKIT_SERVER_BIN is invalid.
    """
    binary = None if simulate else find_livekit_server()
    return _real(binary, webhooks) if binary else _simulated(webhooks, asked_for=simulate)


@asynccontextmanager
async def _real(binary: Path, webhooks: str) -> AsyncIterator[Backend]:
    redis = shutil.which("redis-server") is not None
    says = (
        []
        if redis
        else ["redis-server is not installed, so egress, ingress and telephony are not available."]
    )
    key, secret = f"API{secrets.token_hex(6)}", secrets.token_urlsafe(32)
    config = {
        "webhook": {"api_key": key, "urls": [webhooks]},
        "room": {"enable_remote_unmute": True},
        "ingress": {"rtmp_base_url": RTMP, "whip_base_url": WHIP},
    }
    async with LiveKitServer(binary, api_key=key, api_secret=secret, redis=redis, config=config) as server:
        stage: Stage | None = None
        if importlib.util.find_spec("livekit.rtc") and importlib.util.find_spec("numpy"):
            from .rtc_stage import RtcStage  # this import needs the extra

            stage = RtcStage(server.ws_url, server.api_key, server.api_secret)
        else:
            says.append("The rooms stay empty. For participants: pip install 'livekit-dashboard[demo]'")
        yield Backend(
            url=server.url,
            api_key=server.api_key,
            api_secret=server.api_secret,
            stage=stage,
            world=None,
            telephony=redis,
            says=(f"livekit-server at {server.ws_url}", *says),
        )


@asynccontextmanager
async def _simulated(webhooks: str, *, asked_for: bool) -> AsyncIterator[Backend]:
    why = (
        "with --simulator"
        if asked_for
        else "livekit-server is not installed; `make livekit-server` builds it"
    )
    key, secret = f"API{secrets.token_hex(6)}", secrets.token_urlsafe(32)
    world = simulator.World(
        remote_unmute=True,
        webhook_urls=[webhooks],
        pace=simulator.LIFELIKE,
        egress_worker=True,
        ingress_worker=True,
        sip_worker=True,
        rtmp_base_url=RTMP,
        whip_base_url=WHIP,
    )
    app = simulator.create_app({key: secret}, world)
    async with app.router.lifespan_context(app), simulator.running(app) as url:
        yield Backend(
            url=url,
            api_key=key,
            api_secret=secret,
            stage=SimulatedStage(world),
            world=world,
            telephony=True,
            says=(
                f"Simulated ({why}).",
                "Clients can’t join simulated rooms, and there is no media.",
                f"Test numbers: {BUSY} is always busy, {DECLINES} always declines, any other answers.",
            ),
        )
