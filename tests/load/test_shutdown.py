"""Stopping the dashboard while people watch it."""

import asyncio
import time
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from tests.livekit_server import Simulator
from tests.process import dashboard_process, environment

VIEWERS = 50
# What a browser takes for "come back soon".
SERVICE_RESTART = 1012


async def test_viewers_are_sent_away_at_once_and_told_to_come_back(
    simulator: Simulator, tmp_path: Path
) -> None:
    async with dashboard_process(environment(simulator), tmp_path) as program:
        async with httpx.AsyncClient(base_url=program.url, auth=program.auth, trust_env=False) as client:
            ticket = (await client.get("/rooms")).headers["X-Live-Ticket"]
            browser = {"Origin": program.url, "Cookie": f"live={client.cookies['live']}"}
        address = f"{program.url.replace('http', 'ws', 1)}/live?ticket={ticket}"
        sockets = [await connect(address, additional_headers=browser, proxy=None) for _ in range(VIEWERS)]
        for socket in sockets:
            await socket.recv()
        started = time.monotonic()
        program.process.terminate()
        await program.process.wait()
        # It takes a fraction of a second; uvicorn's patience with those who hang on would be five.
        assert time.monotonic() - started < 3
        await asyncio.gather(*(socket.wait_closed() for socket in sockets))
        assert {socket.close_code for socket in sockets} == {SERVICE_RESTART}
