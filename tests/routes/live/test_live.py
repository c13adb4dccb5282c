"""The WebSocket of a live page: who may have it, and what comes over it."""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from livekit_dashboard.live import tickets
from livekit_dashboard.services.webhooks.samples import sample
from livekit_dashboard.simulator import World
from livekit_dashboard.simulator.faults import Fault
from tests.dashboard import Dashboard, origin, post_form
from tests.routes.site import fill


def _browser(name: str) -> HTTPConnection:
    """What the dashboard sees of a browser that was here before."""
    return HTTPConnection({"type": "http", "headers": [(b"cookie", f"live={name}".encode())]})


def _ticket(dashboard: Dashboard, address: str = "/rooms", browser: str = "ours") -> str:
    return tickets.issue(_browser(browser), dashboard.settings, address)


def _socket(
    dashboard: Dashboard, address: str = "/rooms", ticket: str | None = None, **headers: str | None
) -> Any:
    """As a browser of ours opens it; `headers` that are None are left out."""
    ticket = _ticket(dashboard, address) if ticket is None else ticket
    url = f"{dashboard.url.replace('http', 'ws', 1)}/live?ticket={ticket}"
    sent = {"Origin": dashboard.url, "Cookie": "live=ours", **headers}
    given = {name: value for name, value in sent.items() if value is not None}
    return connect(url, additional_headers=given, proxy=None)


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


@pytest.mark.parametrize("later", [tickets.OPENS + 1, -tickets.OPENS - 1])
async def test_an_old_ticket_is_refused(
    later: int, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = _ticket(dashboard)
    now = time.time()
    monkeypatch.setattr(tickets.time, "time", lambda: now + later)
    async with _socket(dashboard, ticket=ticket) as socket:
        assert await _closed(socket) == 1008


async def test_a_socket_ends_an_hour_after_the_page_that_opened_it_and_brings_no_ticket_for_another(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "WATCHES", 4)
    async with _socket(dashboard) as socket:
        messages = []
        async with asyncio.timeout(20):
            with suppress(ConnectionClosed):
                while True:
                    messages.append(json.loads(await socket.recv()))
        assert socket.close_code == 4408
    assert messages
    assert not any("ticket" in message for message in messages)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_another_site_gets_nothing_even_with_a_ticket(origin: str | None, dashboard: Dashboard) -> None:
    async with _socket(dashboard, Origin=origin) as socket:
        assert await _closed(socket) == 1008


@pytest.mark.parametrize("cookie", [None, "live=", "live=another"])
async def test_a_ticket_is_good_in_the_browser_alone_that_got_it(
    cookie: str | None, dashboard: Dashboard
) -> None:
    async with _socket(dashboard, Cookie=cookie) as socket:
        assert await _closed(socket) == 1008


async def test_a_browser_is_marked_once_and_so_that_no_script_and_no_other_site_has_it(
    client: httpx.AsyncClient,
) -> None:
    tag = (await client.get("/rooms")).headers["HX-PTag"]
    assert "set-cookie" not in (await client.get("/rooms")).headers
    client.cookies.clear()
    # It forgot, and its polls go on: they bring nothing new but this.
    poll = await client.get("/rooms?partial=1", headers={"HX-PTag": tag})
    assert poll.status_code == 304
    cookie = poll.headers["set-cookie"]
    assert cookie.startswith("live=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


async def test_who_logged_out_is_sent_away(dashboard: Dashboard, client: httpx.AsyncClient) -> None:
    await client.get("/logout")
    cookie = f"live=ours; signed_out={client.cookies['signed_out']}"
    async with _socket(dashboard, Cookie=cookie) as socket:
        assert await _closed(socket) == 4401


async def test_the_page_brings_its_ticket_and_the_socket_brings_the_page(
    dashboard: Dashboard, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    html = (await client.get("/rooms?state=active")).text
    ticket = html.partition("ticket=")[2].partition('"')[0]
    cookie = f"live={client.cookies['live']}"
    async with _socket(dashboard, ticket=ticket, Origin=origin(client), Cookie=cookie) as socket:
        message = await _next(socket, "content")
        assert "standup" in message["content"]
        assert "lounge" not in message["content"]
        assert "<html" not in message["content"]


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
        signed = dashboard.app.state.dashboard.webhooks.sign(body)
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
            await _next(first, "every")
        # Two beats of the clock, and whatever began before them.
        assert len(world.calls) - before <= 4
        for socket in sockets:
            await socket.close()


async def test_a_livekit_that_does_not_answer_is_told_soon_and_holds_up_no_other_page(
    dashboard: Dashboard, stranger: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    async with _socket(dashboard) as rooms, _socket(dashboard, "/webhooks") as webhooks:
        await _next(rooms, "content")
        await _next(webhooks, "content")
        world.faults.add(Fault("delay", "RoomService/*", seconds=4.9))
        stopped = time.monotonic()
        assert (await _next(rooms, "outage"))["outage"] == "No answer"
        # One beat until it is asked, two until it is taken for slow; its time limit is five seconds after the first.
        assert time.monotonic() - stopped < 6.7
        body = sample("room_started", "announced").encode()
        signed = dashboard.app.state.dashboard.webhooks.sign(body)
        sent = time.monotonic()
        await stranger.post("/webhooks/livekit", content=body, headers={"Authorization": signed})
        assert "announced" in (await _next(webhooks, "content"))["content"]
        assert time.monotonic() - sent < 1.5
        world.faults.clear()
        assert "latency" in await _next(rooms, "latency")


async def test_concurrent_reads_share_a_call_and_later_ones_do_not(
    client: httpx.AsyncClient, world: World
) -> None:
    world.faults.add(Fault("delay", "RoomService/ListRooms", seconds=0.2))
    await asyncio.gather(*(client.get("/rooms") for _ in range(10)))
    assert world.calls.count("RoomService/ListRooms") == 1
    await client.get("/rooms")
    assert world.calls.count("RoomService/ListRooms") == 2


async def test_a_page_that_runs_no_script_does_not_call_itself_live(client: httpx.AsyncClient) -> None:
    page = (await client.get("/rooms")).text
    assert 'class="st live js-only"' in page
    assert "Doesn’t update by itself" in page
