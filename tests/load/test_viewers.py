"""A hundred people leave the dashboard open all day: what that costs, and what they see when LiveKit goes away."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import connect

from livekit_dashboard.live.hub import INTERVAL
from livekit_dashboard.simulator import World, create_app, running
from tests.livekit_server import Simulator
from tests.process import Program, dashboard_process, environment
from tests.routes.site import fill

PAGES = ("/", "/rooms", "/rooms/standup", "/webhooks")
VIEWERS = 100
SECONDS = 30


class Viewer:
    """One open page, and what it was told."""

    def __init__(self, socket_url: str, browser: dict[str, str]) -> None:
        self.url = socket_url
        self.browser = browser
        self.messages = 0
        self.outage = ""

    async def watch(self) -> None:
        async with connect(self.url, additional_headers=self.browser, proxy=None, max_queue=None) as socket:
            async for message in socket:
                self.messages += 1
                self.outage = json.loads(message).get("outage", "")


async def _viewers(program: Program, count: int, stack: AsyncExitStack) -> list[Viewer]:
    async with httpx.AsyncClient(base_url=program.url, auth=program.auth, trust_env=False) as client:
        tickets = [(await client.get(page)).headers["X-Live-Ticket"] for page in PAGES]
        browser = {"Origin": program.url, "Cookie": f"live={client.cookies['live']}"}
    here = f"ws://{urlsplit(program.url).netloc}/live?ticket="
    viewers = [Viewer(here + tickets[number % len(PAGES)], browser) for number in range(count)]
    group = await stack.enter_async_context(asyncio.TaskGroup())
    tasks = [group.create_task(viewer.watch()) for viewer in viewers]
    # Viewers never leave by themselves.
    stack.callback(lambda: [task.cancel() for task in tasks])
    await _until(lambda: all(viewer.messages for viewer in viewers), 20)
    return viewers


async def _until(condition: "object", seconds: float) -> float:
    assert callable(condition)
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it did not happen in time"
        await asyncio.sleep(0.05)
    return time.monotonic() - started


@dataclass(frozen=True)
class Cost:
    """What LiveKit was asked in some time. A page of a room asks for its people once each time it is read."""

    calls: int
    rounds: int

    @property
    def a_round(self) -> float:
        return self.calls / self.rounds


async def _cost(world: World, seconds: float) -> Cost:
    before = len(world.calls)
    await asyncio.sleep(seconds)
    made = world.calls[before:]
    return Cost(len(made), made.count("RoomService/ListParticipants"))


async def test_a_hundred_viewers_cost_what_one_costs_and_survive_an_outage(tmp_path: Path) -> None:
    world = World()
    fill(world)
    app = create_app({"APIload": "a-secret-that-is-long-enough-for-hs256"}, world)
    async with AsyncExitStack() as stack:
        livekit = await stack.enter_async_context(AsyncExitStack())
        url = await livekit.enter_async_context(running(app))
        server = Simulator(world, url, "APIload", "a-secret-that-is-long-enough-for-hs256")
        program = await stack.enter_async_context(dashboard_process(environment(server), tmp_path))

        async with AsyncExitStack() as one:
            await _viewers(program, len(PAGES), one)
            alone = await _cost(world, SECONDS / 2)

        async with AsyncExitStack() as many:
            viewers = await _viewers(program, VIEWERS, many)
            memory, cpu = program.memory(), program.cpu()
            together = await _cost(world, SECONDS)
            grown, used = program.memory() - memory, program.cpu() - cpu
            print(
                f"\n{VIEWERS} viewers: {together.calls / SECONDS:.2f} calls/s, {together.a_round:.2f} a round (one a page: {alone.a_round:.2f}), "
                f"memory {grown / 1e6:+.1f} MB, CPU {used / SECONDS:.0%} of a core"
            )
            # The time may begin and end within a round.
            assert together.rounds <= SECONDS / INTERVAL + 2
            assert together.a_round <= alone.a_round * 1.1 + len(PAGES) / together.rounds
            assert grown < 10e6
            heard = min(viewer.messages for viewer in viewers)
            assert heard >= SECONDS / INTERVAL * 0.7

            # LiveKit dies. The page of webhooks needs no call of it, so it has nothing to tell.
            told = [
                viewer for number, viewer in enumerate(viewers) if PAGES[number % len(PAGES)] != "/webhooks"
            ]
            await livekit.aclose()
            assert await _until(lambda: all(viewer.outage for viewer in told), 20) < 2 * INTERVAL + 1
            async with running(app, port=urlsplit(url).port or 0):
                assert await _until(lambda: not any(viewer.outage for viewer in told), 20) < 2 * INTERVAL + 1
