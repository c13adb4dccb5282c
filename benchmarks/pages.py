"""How much a page costs over the one SDK call it needs, on a real livekit-server.

    .venv/bin/python benchmarks/pages.py

Pages and bare calls take turns in one run, so that a busy machine slows both; only the ratios mean something.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

import httpx
from livekit import api

from livekit_dashboard.config import Settings
from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.demo.serving import listen, serving
from livekit_dashboard.main import create_app

ROOMS = (6, 100, 1000)
ROUNDS = 60
PATHS = ("/", "/rooms", "/rooms?partial=1", "/rooms?partial=1 unchanged", "/rooms/bench-0")


async def timed(action: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    await action()
    return (time.perf_counter() - started) * 1000


async def main() -> None:
    async with LiveKitServer(redis=True) as server:
        settings = Settings(
            livekit_url=server.url,
            livekit_api_key=server.api_key,
            livekit_api_secret=server.api_secret,
            admin_username="admin",
            admin_password="benchmark",
        )
        listener = listen("127.0.0.1", 8600)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with (
            serving(create_app(settings), listener),
            httpx.AsyncClient(base_url=url, auth=("admin", "benchmark"), timeout=30) as client,
            api.LiveKitAPI(server.url, server.api_key, server.api_secret) as livekit,
        ):
            made = 0
            for count in ROOMS:
                for number in range(made, count):
                    await livekit.room.create_room(
                        api.CreateRoomRequest(name=f"bench-{number}", empty_timeout=3600)
                    )
                made = count
                await measure(count, client, livekit)


async def measure(count: int, client: httpx.AsyncClient, livekit: api.LiveKitAPI) -> None:
    times: dict[str, list[float]] = {"SDK list_rooms": [], **{path: [] for path in PATHS}}
    sizes: dict[str, int] = {}
    tag = (await client.get("/rooms?partial=1")).headers["HX-PTag"]
    for _ in range(ROUNDS):
        times["SDK list_rooms"].append(await timed(lambda: livekit.room.list_rooms(api.ListRoomsRequest())))
        for path in PATHS:
            address, unchanged = path.removesuffix(" unchanged"), path.endswith(" unchanged")
            started = time.perf_counter()
            answer = await client.get(address, headers={"HX-PTag": tag} if unchanged else {})
            times[path].append((time.perf_counter() - started) * 1000)
            assert answer.status_code == (304 if unchanged else 200), (path, answer.status_code)
            sizes[path] = len(answer.content)
    floor = statistics.median(times["SDK list_rooms"])
    print(f"\n{count} rooms; one SDK list_rooms: {floor:.1f} ms (median of {ROUNDS})")
    for path in PATHS:
        median = statistics.median(times[path])
        print(f"  {path:32} {median / floor:5.1f} x  {median:7.1f} ms  {sizes[path] / 1024:7.1f} KiB")


if __name__ == "__main__":
    asyncio.run(main())
