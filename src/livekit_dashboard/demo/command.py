"""``livekit-dashboard demo``: runs a LiveKit server, participants in its rooms, and the dashboard, until Ctrl-C."""

import asyncio
import logging
import secrets
import signal
from collections.abc import Coroutine

from livekit import api
from pydantic import Field, SecretStr

from livekit_dashboard.config import Settings
from livekit_dashboard.main import create_app

from .backend import NOWHERE, Backend, backend
from .play import play
from .rooms import open_rooms
from .scene import SCENE
from .serving import listen, serving
from .simulated_workers import furnish
from .telephony import with_telephony


class DemoSettings(Settings):
    """Settings with a new password at every start, unless one is configured."""

    admin_password: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_urlsafe(9)), min_length=1
    )


def run(*, host: str | None = None, port: int | None = None, simulate: bool = False) -> None:
    """Runs the demo until SIGINT or SIGTERM, then stops everything it started.

    ``host`` and ``port`` override the settings; if the port is in use, the next free one is taken.
    ``simulate`` uses the simulator even if livekit-server is installed. Raises ConfigError and
    ServerStartError.
    """
    # The library logs an error when a participant is removed or its room is closed.
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    asyncio.run(_until_signalled(_demo(host, port, simulate)))


async def _demo(host: str | None, port: int | None, simulate: bool) -> None:
    # Listen first: the server needs the address for its webhooks when it starts.
    place = _settings(NOWHERE, host, port)
    with listen(place.host, place.port) as listener:
        number = listener.getsockname()[1]
        here = f"http://127.0.0.1:{number}{place.root_path}/webhooks/livekit"
        async with backend(simulate=simulate, webhooks=here) as livekit:
            settings = _settings(livekit, host, port)
            async with serving(create_app(settings), listener):
                async with api.LiveKitAPI(livekit.url, livekit.api_key, livekit.api_secret) as lk:
                    scene = await with_telephony(lk, SCENE) if livekit.telephony else SCENE
                    await open_rooms(lk, scene)
                    if livekit.world:  # The real server has no workers.
                        await furnish(lk, livekit.world)
                _announce(livekit, settings, number)
                if livekit.stage:
                    await play(scene, livekit.stage)
                await asyncio.Event().wait()  # the scene ends if the admin closes every room


def _settings(livekit: Backend, host: str | None, port: int | None) -> DemoSettings:
    # Everything about the server is set here: a .env for a real deployment must not apply.
    return DemoSettings.load(
        livekit_url=livekit.url,
        livekit_public_url=livekit.url,
        livekit_api_key=livekit.api_key,
        livekit_api_secret=livekit.api_secret,
        admin_username="admin",
        enable_sip=True,
        https_only=False,
        simulated=livekit.world is not None,
        host=host,
        port=port,
    )


def _announce(livekit: Backend, settings: DemoSettings, port: int) -> None:
    generated = "admin_password" not in settings.model_fields_set
    password = settings.admin_password.get_secret_value() if generated else "(as configured)"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    labels = ("LiveKit",) + ("",) * len(livekit.says)
    lines = [
        ("Dashboard", f"http://{host}:{port}{settings.root_path}/"),
        ("Username", settings.admin_username),
        ("Password", password),
        *zip(labels, livekit.says, strict=False),
        ("", ""),
        ("", "Press Ctrl-C to stop everything."),
    ]
    print("\n".join(f"  {label:<10} {value}".rstrip() for label, value in lines), flush=True)


async def _until_signalled(work: Coroutine[None, None, None]) -> None:
    """Awaits the work, which the first signal cancels; later signals don't interrupt its cleanup."""
    task = asyncio.create_task(work)
    signalled = asyncio.Event()

    def stop() -> None:
        if not signalled.is_set():
            signalled.set()
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not signalled.is_set():
            raise
