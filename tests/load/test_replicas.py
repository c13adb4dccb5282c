"""Two dashboards behind nginx, taking turns: what one page begins, any of them can go on with."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect

from livekit_dashboard.simulator import World
from tests.html import Page
from tests.livekit_server import Simulator
from tests.nginx import round_robin
from tests.process import PASSWORD, USERNAME, dashboard_process, environment
from tests.routes.site import fill

TURNS = 4


@pytest.fixture
async def balanced(simulator: Simulator, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The admin's browser, in front of two replicas."""
    async with AsyncExitStack() as stack:
        variables = environment(simulator, TRUSTED_PROXIES="127.0.0.1")
        programs = [await stack.enter_async_context(dashboard_process(variables, tmp_path)) for _ in range(2)]
        url = await stack.enter_async_context(round_robin([program.url for program in programs], tmp_path))
        client = httpx.AsyncClient(base_url=url, auth=(USERNAME, PASSWORD), trust_env=False)
        yield await stack.enter_async_context(client)


async def test_forms_messages_and_unchanged_polls_go_on_anywhere(
    balanced: httpx.AsyncClient, simulator: Simulator
) -> None:
    for turn in range(TURNS):
        token = Page((await balanced.get("/rooms/new")).text).value_of("csrf_token")
        data = {"csrf_token": token, "name": f"room-{turn}"}
        # Asked an odd number of times, so that the form goes to the other one.
        answer = await balanced.post(
            "/rooms", data=data, headers={"Origin": str(balanced.base_url).rstrip("/")}
        )
        assert answer.status_code == 303
        assert f"room-{turn} is open" in (await balanced.get("/rooms")).text
        assert f"room-{turn} is open" not in (await balanced.get("/rooms")).text
    assert set(simulator.world.rooms) == {f"room-{turn}" for turn in range(TURNS)}
    tag = (await balanced.get("/rooms?partial=1")).headers["HX-PTag"]
    answers = [await balanced.get("/rooms?partial=1", headers={"HX-PTag": tag}) for _ in range(TURNS)]
    assert [answer.status_code for answer in answers] == [304] * TURNS


async def test_a_log_out_holds_everywhere(balanced: httpx.AsyncClient) -> None:
    await balanced.get("/logout")
    for _ in range(TURNS):
        assert (await balanced.get("/rooms")).headers["Location"] == "/logout"


async def test_live_pages_are_told_whichever_one_they_reach(
    balanced: httpx.AsyncClient, simulator: Simulator
) -> None:
    world: World = simulator.world
    fill(world)
    here = f"ws://{urlsplit(str(balanced.base_url)).netloc}/live?ticket="
    await balanced.get("/rooms")
    browser = {"Origin": str(balanced.base_url).rstrip("/"), "Cookie": f"live={balanced.cookies['live']}"}
    async with AsyncExitStack() as stack:
        sockets = []
        for _ in range(TURNS):
            ticket = (await balanced.get("/rooms")).headers["X-Live-Ticket"]
            opening = connect(here + ticket, additional_headers=browser, proxy=None)
            sockets.append(await stack.enter_async_context(opening))
        world.create_room("announced")
        for socket in sockets:
            async with asyncio.timeout(10):
                while "announced" not in json.loads(await socket.recv()).get("content", ""):
                    pass
