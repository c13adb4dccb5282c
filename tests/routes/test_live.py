"""The WebSocket of a live page: who may have it, and what comes over it."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from livekit_dashboard.security import tickets
from livekit_dashboard.services.webhook_samples import sample
from livekit_dashboard.simulator import World
from livekit_dashboard.simulator.faults import Fault
from tests.dashboard import Dashboard, origin, post_form
from tests.routes.site import fill


def _socket(dashboard: Dashboard, address: str = "/rooms", ticket: str | None = None, **headers: str) -> Any:
    ticket = tickets.issue(dashboard.settings, address) if ticket is None else ticket
    url = f"{dashboard.url.replace('http', 'ws', 1)}/live?ticket={ticket}"
    return connect(url, additional_headers=headers, proxy=None)


async def _next(socket: ClientConnection, wanted: str) -> dict[str, str]:
    """The next message that has the key."""
    async with asyncio.timeout(15):
        while True:
            message: dict[str, str] = json.loads(await socket.recv())
            if wanted in message:
                return message


async def _closed(socket: ClientConnection) -> int:
    async with asyncio.timeout(15):
        await socket.wait_closed()
    assert socket.close_code is not None
    return socket.close_code


@pytest.mark.parametrize("ticket", ["", "forged", "Ii9yb29tcyI.awEcKg.forged"])
async def test_no_ticket_no_news(ticket: str, dashboard: Dashboard) -> None:
    async with _socket(dashboard, ticket=ticket) as socket:
        assert await _closed(socket) == 1008


async def test_an_old_ticket_is_refused(dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = tickets.issue(dashboard.settings, "/rooms")
    monkeypatch.setattr(tickets, "MAX_AGE", -1)
    async with _socket(dashboard, ticket=ticket) as socket:
        assert await _closed(socket) == 1008


async def test_another_site_gets_nothing_even_with_a_ticket(dashboard: Dashboard) -> None:
    async with _socket(dashboard, Origin="https://evil.example") as socket:
        assert await _closed(socket) == 1008


async def test_who_logged_out_is_sent_away(dashboard: Dashboard, client: httpx.AsyncClient) -> None:
    await client.get("/logout")
    cookie = f"signed_out={client.cookies['signed_out']}"
    async with _socket(dashboard, Cookie=cookie) as socket:
        assert await _closed(socket) == 4401


async def test_the_page_brings_its_ticket_and_the_socket_brings_the_page(
    dashboard: Dashboard, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    html = (await client.get("/rooms?state=active")).text
    ticket = html.partition("ticket=")[2].partition('"')[0]
    async with _socket(dashboard, ticket=ticket, Origin=origin(client)) as socket:
        message = await _next(socket, "content")
        assert "standup" in message["content"]
        assert "lounge" not in message["content"]
        assert "<html" not in message["content"]
        assert tickets.redeem(dashboard.settings, message["ticket"]) == "/rooms?state=active"


async def test_an_action_is_seen_by_who_watches(
    dashboard: Dashboard, client: httpx.AsyncClient, world: World
) -> None:
    async with _socket(dashboard) as socket:
        await _next(socket, "content")
        await post_form(client, "/rooms", {"name": "brand-new"})
        assert "brand-new" in (await _next(socket, "content"))["content"]


async def test_a_webhook_wakes_the_page_at_once(
    dashboard: Dashboard, stranger: httpx.AsyncClient, world: World
) -> None:
    async with _socket(dashboard) as socket:
        await _next(socket, "content")
        world.create_room("announced")
        body = sample("room_started", "announced").encode()
        signed = dashboard.app.state.webhooks.sign(body)
        sent = asyncio.get_running_loop().time()
        await stranger.post("/webhooks/livekit", content=body, headers={"Authorization": signed})
        assert "announced" in (await _next(socket, "content"))["content"]
        # Well within the interval, so it was the webhook and not the clock.
        assert asyncio.get_running_loop().time() - sent < 1.5


async def test_an_outage_comes_as_a_note_and_goes_again(dashboard: Dashboard, world: World) -> None:
    fill(world)
    async with _socket(dashboard) as socket:
        await _next(socket, "content")
        fault = Fault("error", "RoomService/*", code="internal", message="broken")
        world.faults.add(fault)
        note = await _next(socket, "outage")
        assert "#outage" in note["content"]
        world.faults.clear()
        assert "standup" in (await _next(socket, "content"))["content"]


async def test_many_viewers_cost_livekit_what_one_costs(dashboard: Dashboard, world: World) -> None:
    fill(world)
    async with _socket(dashboard) as first:
        await _next(first, "content")
        before = len(world.calls)
        sockets = [await _socket(dashboard) for _ in range(30)]
        for socket in sockets:
            await _next(socket, "content")
        for _ in range(2):
            await _next(first, "ticket")
        # Two beats of the clock, and whatever began before them.
        assert len(world.calls) - before <= 4
        for socket in sockets:
            await socket.close()


async def test_concurrent_reads_share_a_call_and_later_ones_do_not(
    client: httpx.AsyncClient, world: World
) -> None:
    world.faults.add(Fault("delay", "RoomService/ListRooms", seconds=0.2))
    await asyncio.gather(*(client.get("/rooms") for _ in range(10)))
    assert world.calls.count("RoomService/ListRooms") == 1
    await client.get("/rooms")
    assert world.calls.count("RoomService/ListRooms") == 2
