"""The list of rooms as files."""

import csv
import io
import json

import httpx
import pytest

from livekit_dashboard.simulator import World
from tests.routes.site import HOSTILE, fill


async def _rows(client: httpx.AsyncClient, query: str = "") -> list[dict[str, str]]:
    answer = await client.get(f"/rooms.csv{query}")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="rooms.csv"'
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_both_hold_what_the_page_shows(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    fields = (await client.get("/rooms.json?sort=name")).json()["rooms"]
    assert [room["name"] for room in fields] == ["lounge", "standup"]
    assert fields[1] | {"created": "", "codecs": []} == {
        "name": "standup",
        "sid": world.rooms["standup"].sid,
        "created": "",
        "participants": 2,
        "publishers": 2,
        "max_participants": 10,
        "recording": True,
        "metadata": '{"team": "blue"}',
        "empty_timeout": 300,
        "departure_timeout": 20,
        "codecs": [],
        "state": "recording",
    }
    row = (await _rows(client, "?q=standup"))[0]
    assert (row["name"], row["state"], row["participants"], row["recording"]) == (
        "standup",
        "recording",
        "2",
        "True",
    )
    assert row["created"].endswith("+00:00")


@pytest.mark.parametrize("query", ["?q=room-1&sort=-name", "?state=empty&sort=name", "?per_page=2&page=2"])
async def test_they_are_the_whole_selection_and_not_one_page(
    query: str, client: httpx.AsyncClient, world: World
) -> None:
    for number in range(12):
        world.create_room(f"room-{number}")
    listed = (await client.get(f"/rooms.json{query}")).json()
    assert listed["total"] == len(listed["rooms"]) == (3 if "q=" in query else 12)
    assert [room["name"] for room in listed["rooms"]] == [row["name"] for row in await _rows(client, query)]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\ufeff=1", "\u200b=1"]
)
async def test_a_spreadsheet_runs_nothing(text: str, client: httpx.AsyncClient, world: World) -> None:
    world.create_room(text, metadata=text)
    row = (await _rows(client))[0]
    assert (row["name"], row["metadata"]) == (f"'{text}", f"'{text}")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
async def test_every_name_comes_out_as_it_is(name: str, client: httpx.AsyncClient, world: World) -> None:
    world.create_room(name, metadata=json.dumps(name))
    assert (await client.get("/rooms.json")).json()["rooms"][0]["name"] == name
    assert (await _rows(client))[0]["name"].removeprefix("'") == name.removeprefix("'")
