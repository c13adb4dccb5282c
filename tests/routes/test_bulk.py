"""Closing many rooms: how far it is, what became of each, and stopping half-way."""

import httpx

from livekit_dashboard.names import encode_name
from livekit_dashboard.simulator import World
from livekit_dashboard.simulator.faults import Fault
from tests.dashboard import csrf_token, post_form

STREAM = {"HX-Request": "true", "Accept": "text/html, text/event-stream"}


def _rooms(world: World, count: int) -> list[str]:
    names = [f"room-{number} <b>" for number in range(count)]
    for name in names:
        world.create_room(name)
    return [encode_name(name) for name in names]


async def test_to_htmx_the_answer_is_a_progress_bar(client: httpx.AsyncClient, world: World) -> None:
    rooms = [*_rooms(world, 30), encode_name("never-was")]
    world.faults.add(Fault("delay", "RoomService/DeleteRoom", seconds=0.15))
    answer = await post_form(client, "/rooms/close", {"room": rooms}, headers=STREAM)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert answer.headers["X-Accel-Buffering"] == "no"
    messages = answer.text.strip().split("\n\n")
    assert len(messages) > 1
    assert "Close 31 rooms" in messages[0]
    assert "data-abort" in messages[0]
    assert "Closed 30 rooms, 1 not" in messages[-1]
    assert "requested room does not exist" in messages[-1]
    assert "<b>" not in messages[-1].replace("&lt;b&gt;", "")
    assert not world.rooms


async def test_few_rooms_and_browsers_without_script_get_the_result_at_the_end(
    client: httpx.AsyncClient, world: World
) -> None:
    few = await post_form(client, "/rooms/close", {"room": _rooms(world, 3)}, headers=STREAM)
    assert few.headers["HX-Redirect"] == "/rooms"
    plain = await post_form(client, "/rooms/close", {"room": _rooms(world, 30)})
    assert plain.status_code == 303
    assert "Closed 30 rooms" in (await client.get("/rooms")).text


async def test_who_hangs_up_stops_it(client: httpx.AsyncClient, world: World) -> None:
    rooms = _rooms(world, 60)
    world.faults.add(Fault("delay", "RoomService/DeleteRoom", seconds=0.1))
    data = {"csrf_token": await csrf_token(client), "room": rooms}
    async with client.stream("POST", "/rooms/close", data=data, headers=STREAM) as answer:
        async for _ in answer.aiter_lines():
            break
    await client.get("/rooms")
    left = len(world.rooms)
    assert 0 < left < 60
    # What was under way may still arrive; nothing new begins.
    await client.get("/rooms")
    assert len(world.rooms) >= left - 10
