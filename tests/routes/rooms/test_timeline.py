"""What a room's timeline tells, and by whom it was told."""

import re

import httpx

from livekit_dashboard.services.webhooks.samples import sample
from livekit_dashboard.simulator import World
from tests.dashboard import Dashboard


async def _rows(client: httpx.AsyncClient) -> str:
    """The text of the page, a blank between two cells."""
    html = (await client.get("/rooms/lab/timeline")).text
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


async def test_what_changes_between_two_looks_is_told_as_a_difference(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("lab")
    world.join("lab", "ana", attributes={"role": "host"})
    world.publish("lab", "ana", "microphone")
    assert "Nothing has happened yet" in await _rows(client)
    world.participant("lab", "ana").tracks[0].muted = True
    world.participant("lab", "ana").attributes["role"] = "guest"
    world.join("lab", "ben")
    text = await _rows(client)
    assert "Muted ana Microphone difference" in text
    assert "Attributes changed ana role difference" in text
    assert "Joined ben difference" in text
    world.leave("lab", "ben")
    assert "Left ben difference" in await _rows(client)


async def test_the_room_page_begins_it(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("lab")
    await client.get("/rooms/lab")
    world.join("lab", "ana")
    assert "Joined ana difference" in await _rows(client)


async def test_a_webhook_says_it_better_and_it_is_told_once(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient, world: World
) -> None:
    world.create_room("lab")
    await _rows(client)
    world.join("lab", "ana")
    await _rows(client)
    body = sample("participant_joined", "lab", "ana").encode()
    signed = dashboard.app.state.dashboard.webhooks.sign(body)
    await stranger.post("/webhooks/livekit", content=body, headers={"Authorization": signed})
    text = await _rows(client)
    assert "Joined ana webhook" in text
    assert "Joined ana difference" not in text
