"""The list of rooms: search, states, sort and pages, all in the address."""

import httpx
import pytest

from livekit_dashboard.simulator import World
from tests.html import Page


@pytest.fixture
def rooms(world: World) -> None:
    """Five rooms that differ in everything one can sort and filter by."""
    for minute, (name, people) in enumerate(
        {"alpha": 2, "Beta": 3, "gamma": 0, "delta": 1, "Übung": 0}.items()
    ):
        room = world.create_room(name, metadata=f'{{"desk": "D{minute}"}}')
        # Ids are searched too, so chance must not put a name into one.
        room.sid = f"RM_{minute}"
        room.creation_time_ms = 1000 + minute * 60_000
        for number in range(people):
            world.join(name, f"p{number}")
    world.publish("delta", "p0", "microphone")
    world.set_recording("Beta", True)


async def _names(client: httpx.AsyncClient, query: str = "") -> list[str]:
    return [link.text for link in Page((await client.get(f"/rooms{query}")).text).links("name")]


@pytest.mark.usefixtures("rooms")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Beta", "alpha", "delta", "gamma", "Übung"]),
        ("?q=BETA", ["Beta"]),
        ("?q=übung", ["Übung"]),
        ("?q=%20desk%20", ["Beta", "alpha", "delta", "gamma", "Übung"]),
        ("?q=D3", ["delta"]),
        ("?q=RM_", ["Beta", "alpha", "delta", "gamma", "Übung"]),
        ("?q=<b>", []),
        ("?state=active", ["Beta", "alpha", "delta"]),
        ("?state=empty", ["gamma", "Übung"]),
        ("?state=recording", ["Beta"]),
        ("?state=asleep", ["Beta", "alpha", "delta", "gamma", "Übung"]),
        ("?state=active&q=ta", ["Beta", "delta"]),
        ("?sort=name", ["alpha", "Beta", "delta", "gamma", "Übung"]),
        ("?sort=-name", ["Übung", "gamma", "delta", "Beta", "alpha"]),
        ("?sort=created", ["alpha", "Beta", "gamma", "delta", "Übung"]),
        ("?sort=-created", ["Übung", "delta", "gamma", "Beta", "alpha"]),
        ("?sort=-publishers", ["delta", "alpha", "Beta", "gamma", "Übung"]),
        ("?sort=participants", ["gamma", "Übung", "delta", "alpha", "Beta"]),
        ("?sort=;drop", ["Beta", "alpha", "delta", "gamma", "Übung"]),
        ("?sort=--name", ["Beta", "alpha", "delta", "gamma", "Übung"]),
        ("?sort=name&per_page=2", ["alpha", "Beta"]),
        ("?sort=name&per_page=2&page=2", ["delta", "gamma"]),
        ("?sort=name&per_page=2&page=3", ["Übung"]),
        ("?sort=name&per_page=2&page=99", ["Übung"]),
        ("?sort=name&per_page=2&page=0", ["alpha", "Beta"]),
        ("?sort=name&per_page=2&page=-1", ["alpha", "Beta"]),
        ("?sort=name&per_page=2&page=two", ["alpha", "Beta"]),
        ("?sort=name&per_page=2&page=%D9%A2", ["alpha", "Beta"]),
        ("?sort=name&per_page=2&page=" + "9" * 400, ["alpha", "Beta"]),
        ("?sort=name&per_page=0", ["alpha"]),
        ("?sort=name&per_page=1_0", ["alpha", "Beta", "delta", "gamma", "Übung"]),
        ("?sort=name&per_page=99999", ["alpha", "Beta", "delta", "gamma", "Übung"]),
        ("?q=alpha&q=gamma&state=&page=&sort=", ["gamma"]),
    ],
)
async def test_the_address_says_what_is_listed(
    query: str, expected: list[str], client: httpx.AsyncClient
) -> None:
    assert await _names(client, query) == expected


@pytest.mark.usefixtures("rooms")
async def test_the_search_box_and_the_links_keep_the_rest_of_the_address(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/rooms?q=a&state=active&sort=name&per_page=1")).text)
    form = dict(page.form("/rooms").fields)
    assert (form["q"], form["state"], form["sort"], form["per_page"]) == ("a", "active", "name", "1")
    turn = next(link for link in page.all("a") if link.attributes.get("aria-label") == "Next page")
    assert await _names(client, turn["href"].removeprefix("/rooms")) == ["Beta"]
    recording = next(link for link in page.links() if link.text.startswith("Recording"))
    assert await _names(client, recording.href.removeprefix("/rooms")) == ["Beta"]


@pytest.mark.usefixtures("rooms")
async def test_the_states_are_counted_within_the_search(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/rooms?q=a&state=empty")).text)
    words = [link.text for link in page.links() if link.href.startswith("/rooms?") and "state=" in link.href]
    assert words[:4] == ["All 4", "Active 3", "Empty 1", "Recording 1"]


@pytest.mark.usefixtures("rooms")
async def test_the_order_is_the_same_every_time(client: httpx.AsyncClient) -> None:
    """LiveKit lists in no order; rooms that are equal in what is sorted by must not jump about."""
    assert len({tuple(await _names(client, "?sort=-publishers")) for _ in range(10)}) == 1


@pytest.mark.usefixtures("rooms")
async def test_an_empty_selection_says_so_and_leads_back(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/rooms?q=<nothing>")).text)
    assert "No room matches" in page.main
    assert "“<nothing>”" in page.main
    assert "Show all rooms" in [link.text for link in page.links() if link.href == "/rooms"]


async def test_without_rooms_the_page_teaches_how_to_get_one(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/rooms")).text)
    assert "No room is open" in page.main
    assert {"/rooms/new", "/sandbox"} <= {link.href for link in page.links()}


async def test_people_in_a_room_are_searched_and_paged_too(client: httpx.AsyncClient, world: World) -> None:
    for number in range(60):
        world.join("hall", f"p{number:02}", name=f"Person {number:02}")
    page = Page((await client.get("/rooms/hall?sort=name&page=2")).text)
    assert [link.text for link in page.links("name")] == [f"Person {number}" for number in range(50, 60)]
    found = Page((await client.get("/rooms/hall?q=person 07")).text)
    assert [link.text for link in found.links("name")] == ["Person 07"]


async def test_every_tab_of_a_room_counts_as_livekit_does(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("hall", max_participants=20)
    for identity, kind in {"ana": "STANDARD", "ben": "STANDARD", "notes": "AGENT", "EG_1": "EGRESS"}.items():
        world.join("hall", identity, kind=kind)
    bands = set()
    for tab in ("", "/agents", "/metadata", "/timeline", "/json"):
        main = Page((await client.get(f"/rooms/hall{tab}")).text).main
        assert "Participants2of 20" in "".join(main.split("\n")), tab
        bands.add(main.split("Participants", 1)[1].split("Publishers", 1)[0])
    assert len(bands) == 1, "the facts jump from tab to tab"
    main = Page((await client.get("/rooms/hall")).text).main
    assert "including 2 agents or recorders" in main
    # The recording is told apart; who else is in the room is hit.
    assert "3 participants are disconnected" in Page((await client.get("/rooms/hall/close")).text).main


async def test_figures_of_the_overview_agree_with_the_lists(client: httpx.AsyncClient, world: World) -> None:
    """Agents publish without counting as participants, so each figure says what it counts."""
    for name in ("standup", "empty", "robots"):
        world.create_room(name)
    world.join("standup", "ana")
    for room in ("standup", "robots"):
        world.join(room, f"agent-{room}", kind="AGENT")
        world.publish(room, f"agent-{room}", "microphone")
    page = Page((await client.get("/")).text)
    for words in ("collecting", "2 occupied", "without agents", "with agents"):
        assert words in page.main
    assert "a room" not in page.main.split("Busiest rooms")[0]
    busiest = page.main.split("Busiest rooms")[1].split("Recent errors")[0]
    assert "standup" in busiest
    assert "robots" in busiest
    assert "empty" not in busiest.casefold()
    listed = Page((await client.get("/rooms?state=empty")).text).main
    assert "Active 2" in listed
    assert "Empty 1" in listed
    # The tab has no number of its own: the facts and the filter count with and without agents, and say so.
    room = Page((await client.get("/rooms/standup")).text).main
    assert "including 1 agent or recorder" in room
    assert "All 2" in room


async def test_without_an_occupied_room_none_is_called_busy(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("empty")
    assert "No room is occupied." in Page((await client.get("/")).text).main
