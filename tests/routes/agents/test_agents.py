"""Dispatches: who was asked into which room, who came, and who never did."""

import csv
import io
import time

import httpx
import pytest
from livekit.protocol import agent
from livekit.protocol.agent_dispatch import AgentDispatch, CreateAgentDispatchRequest

from livekit_dashboard.services.agents.agents import MOST_ROOMS
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.routes.site import PATHS

LONG_AGO = 60 * 10**9
ALL = {
    "room": "standup",
    "agent_name": "notes",
    "metadata": '{"a": 1}\r\ntwo',
    "attributes": '{"language": "de"}',
    "restart_policy": "1",
    "deployment": "blue",
}


def _dispatch(
    world: World, agent_name: str = "notes", room: str = "standup", **fields: object
) -> AgentDispatch:
    """A dispatch of just now; the room is opened if it isn't open."""
    world.create_room(room)
    return world.dispatches.add(AgentDispatch(agent_name=agent_name, room=room, **fields))  # type: ignore[arg-type]


def _age(dispatch: AgentDispatch) -> AgentDispatch:
    """As if that were a minute ago."""
    dispatch.state.created_at -= LONG_AGO
    for job in dispatch.state.jobs:
        job.state.started_at -= LONG_AGO
    return dispatch


async def _state(client: httpx.AsyncClient, dispatch: AgentDispatch) -> str:
    """As the list has it."""
    rows = (await client.get("/agents.json", params={"room": dispatch.room})).json()["dispatches"]
    return next(str(row["state"]) for row in rows if row["id"] == dispatch.id)


async def test_an_agent_that_comes(client: httpx.AsyncClient, world: World) -> None:
    worker = world.dispatches.register("notes")
    dispatch = _dispatch(world)
    await world.settled()
    (job,) = dispatch.state.jobs
    assert await _state(client, dispatch) == "here"
    main = Page((await client.get("/rooms/standup/agents")).text).main
    assert "Agents in this room 1" in main
    assert job.state.participant_identity in main
    assert "Listening" in main
    assert "no agent here" not in main
    main = Page((await client.get(f"/rooms/standup/agents/{dispatch.id}")).text).main
    assert worker in main
    assert "In the room" in main
    assert "still reads “Running”" in main


async def test_one_that_never_comes_is_flagged_in_time(client: httpx.AsyncClient, world: World) -> None:
    dispatch = _dispatch(world, "Notes", deployment="blue")
    assert await _state(client, dispatch) == "waiting"
    here = f"/rooms/standup/agents/{dispatch.id}"
    assert "Waiting for a worker" in Page((await client.get(here)).text).main
    _age(dispatch)
    assert await _state(client, dispatch) == "missing"
    room = Page((await client.get("/rooms/standup/agents")).text)
    assert "1 dispatch has no agent here" in room.main
    assert here in [link.href for link in room.links()]
    main = Page((await client.get(here)).text).main
    for words in ("Is the worker running?", "dispatched as Notes", "LIVEKIT_API_KEY", "has to be blue"):
        assert words in main


async def test_one_that_left_is_flagged_whatever_the_job_says(
    client: httpx.AsyncClient, world: World
) -> None:
    world.dispatches.register("notes")
    dispatch = _dispatch(world)
    await world.settled()
    world.leave("standup", dispatch.state.jobs[0].state.participant_identity)
    assert await _state(client, dispatch) == "waiting"
    _age(dispatch)
    assert await _state(client, dispatch) == "gone"
    main = Page((await client.get(f"/rooms/standup/agents/{dispatch.id}")).text).main
    assert "its agent is not in the room" in main
    now, when_taken = main.index("Not in the room"), main.index("Running")
    assert now < when_taken


async def test_the_dispatch_that_every_room_has_is_no_fault(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup")
    (dispatch,) = world.dispatches.items["standup"].values()
    assert await _state(client, _age(dispatch)) == "idle"
    main = Page((await client.get("/rooms/standup/agents")).text).main
    assert "(any without a name)" in main
    assert "“Unassigned” is not an error" in main
    assert "no agent here" not in main
    main = Page((await client.get(f"/rooms/standup/agents/{dispatch.id}")).text).main
    assert "Unassigned, which is not an error" in main


async def test_a_job_that_ended_at_once_is_finished(client: httpx.AsyncClient, world: World) -> None:
    dispatch = _age(_dispatch(world))
    dispatch.state.jobs.add(id="AJ_1", state=agent.JobState(status=agent.JS_SUCCESS, error="no <need>"))
    assert await _state(client, dispatch) == "finished"
    page = Page((await client.get(f"/rooms/standup/agents/{dispatch.id}")).text)
    assert "no <need>" in page.main


async def test_an_agent_that_nobody_dispatched(client: httpx.AsyncClient, world: World) -> None:
    attributes = {"lk.agent.state": "thinking", "lk.agent_name": "own"}
    world.join("standup", "robot", kind="AGENT", attributes=attributes)
    main = Page((await client.get("/rooms/standup/agents")).text).main
    assert "own robot Thinking" in " ".join(main.replace("robot", " robot ").split())
    assert "none that is listed" in main


async def test_rooms_are_what_one_chooses_from(client: httpx.AsyncClient, world: World) -> None:
    for name in ("standup", "a/b"):
        world.create_room(name)
    page = Page((await client.get("/agents")).text)
    assert {link.href for link in page.links("name")} == {
        PATHS.to("room_agents", room=name) for name in ("standup", "a/b")
    }
    assert "That takes 5 API calls" in page.main
    assert "Not available Not reported by LiveKit" in page.main
    found = Page((await client.get("/agents?q=STAND")).text)
    assert [link.text for link in found.links("name")] == ["standup"]
    assert "No room matches" in Page((await client.get("/agents?q=zzz")).text).main


async def test_without_a_room_it_teaches(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/agents")).text)
    assert "No room is open" in page.main
    assert "Run a worker" in page.main
    assert "Scan" not in page.main


async def test_looking_through_says_what_it_cost(client: httpx.AsyncClient, world: World) -> None:
    world.dispatches.register("notes")
    for room in ("one", "two", "three"):
        _dispatch(world, room=room)
    await world.settled()
    page = Page((await client.get("/agents/all")).text)
    assert "Checked all 3 rooms (7 API calls)" in page.main
    assert len(world.calls) == 7
    assert "Agents in rooms 3" in page.main
    assert "hx-get" not in page.all("main")[0]
    query = httpx.QueryParams({"q": "two", "state": "here"})
    assert len(Page((await client.get(f"/agents/all?{query}")).text).links("name")) == 4


async def test_looking_through_has_a_bound(client: httpx.AsyncClient, world: World) -> None:
    for number in range(MOST_ROOMS + 5):
        world.create_room(f"empty-{number:03}")
    world.join("zzz", "ana")
    page = Page((await client.get("/agents/all")).text)
    assert f"Checked the busiest {MOST_ROOMS} of {MOST_ROOMS + 6} rooms" in page.main
    assert len(world.calls) == 1 + 2 * MOST_ROOMS
    found = Page((await client.get("/agents/all?q=zzz")).text)
    assert [link.text for link in found.links("name")] == ["(any without a name)"]
    index = Page((await client.get("/agents")).text).main
    assert f"Scan the busiest {MOST_ROOMS} rooms" in index


async def test_a_room_that_closes_meanwhile_is_left_out_and_counted(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("standup")
    world.faults.add(Fault("error", "AgentDispatchService/ListDispatch", message="no response"), times=1)
    page = Page((await client.get("/agents/all")).text)
    assert "1 room didn’t answer, or closed meanwhile" in page.main


async def test_an_outage_is_no_empty_list(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup")
    world.faults.add(Fault("refuse"))
    for path in (
        "/agents",
        "/agents/all",
        "/rooms/standup/agents",
        "/agents.json",
        "/agents/delete?dispatch=standup/AD_1",
    ):
        assert (await client.get(path)).status_code == 502, path


@pytest.mark.parametrize(
    "path", ["/rooms/gone/agents", "/rooms/gone/agents/AD_1", "/agents.json?room=gone", "/agents.csv?room="]
)
async def test_a_room_that_is_not_open_is_missed_at_once(
    path: str, client: httpx.AsyncClient, world: World
) -> None:
    world.no_response_after = 30
    started = time.monotonic()
    assert (await client.get(path)).status_code == 404
    assert time.monotonic() - started < 5
    assert set(world.calls) == {"RoomService/ListRooms"}


async def test_a_dispatch_that_is_not_there(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup")
    assert (await client.get("/rooms/standup/agents/AD_gone")).status_code == 404


async def test_files(client: httpx.AsyncClient, world: World) -> None:
    dispatch = _dispatch(world, attributes={"language": "de"})
    _dispatch(world, "other", room="two")
    text = (await client.get("/agents.csv", params={"room": "standup", "q": "notes"})).text
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["id"], line["agent_name"], line["attributes"]) == (dispatch.id, "notes", "language=de")
    rooms = {row["room"] for row in (await client.get("/agents.json")).json()["dispatches"]}
    assert rooms == {"standup", "two"}


async def test_every_field_reaches_livekit(client: httpx.AsyncClient, world: World) -> None:
    answer = await submit(client, "/agents/new", "/agents", **ALL)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rooms/standup/agents")
    assert world.requests[-1] == (
        "AgentDispatchService/CreateDispatch",
        CreateAgentDispatchRequest(
            room="standup",
            agent_name="notes",
            metadata='{"a": 1}\ntwo',
            attributes={"language": "de"},
            restart_policy=1,  # type: ignore[arg-type]
            deployment="blue",
        ),
    )
    assert set(world.rooms) == {"standup"}


async def test_the_form_is_filled_in_by_its_address(client: httpx.AsyncClient, world: World) -> None:
    query = {"room": 'a"b', "agent_name": "it's"}
    page = Page((await client.get("/agents/new", params=query)).text)
    fields = dict(page.form("/agents").fields)
    assert (fields["room"], fields["agent_name"]) == ('a"b', "it's")
    assert """--agent-name 'it'"'"'s'""" in page.main


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("room", "", "Say which room"),
        ("room", "r" * 257, "allows 256 bytes"),
        ("agent_name", "ä" * 129, "allows 256 bytes"),
        ("metadata", "m" * (512 * 1024 + 1), "allows 512 KiB"),
        ("attributes", "language=de", "not JSON"),
        ("attributes", '{"a": 1}', "in quotes"),
        ("attributes", '{"a": "' + "b" * 65536 + '"}', "allows 64 KiB"),
        ("restart_policy", "7", "valid choice"),
        ("deployment", "d" * 65, "allows 64 bytes"),
        ("deployment", "a b", "no spaces"),
        ("deployment", "a_b", "no underscores"),
    ],
    ids=lambda text: text[:20],
)
async def test_what_is_wrong_is_said_at_the_field_and_nothing_is_sent(
    field: str, value: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await submit(client, "/agents/new", "/agents", **{**ALL, field: value})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert f"#{field}" in [link.href for link in page.links()]
    kept = dict(page.form("/agents").fields)
    entries = {**ALL, field: value, "metadata": kept["metadata"], "csrf_token": kept["csrf_token"]}
    assert {key: text for key, text in kept.items() if key != "restart_policy"} == {
        key: text for key, text in entries.items() if key != "restart_policy"
    }
    assert not world.calls


async def test_livekits_own_words_are_shown_without_the_noise(
    client: httpx.AsyncClient, world: World
) -> None:
    words = "twirp error unknown: attribute size exceeds limits"
    world.faults.add(Fault("error", code="invalid_argument", message=words))
    answer = await submit(client, "/agents/new", "/agents", **ALL)
    assert answer.status_code == 422
    assert "LiveKit says: attribute size exceeds limits" in Page(answer.text).main
    assert dict(Page(answer.text).form("/agents").fields)["deployment"] == "blue"


async def test_deleting_one_sends_its_agent_away(client: httpx.AsyncClient, world: World) -> None:
    world.dispatches.register("notes")
    dispatch = _dispatch(world, room="a/b")
    await world.settled()
    room = PATHS.to("room_agents", room="a/b")
    link = next(
        link for link in Page((await client.get(room)).text).links("danger") if dispatch.id in link.href
    )
    asked = Page((await client.get(link.href)).text)
    assert "Delete the dispatch of notes?" in asked.main
    assert "a/b" in asked.main
    answer = await submit(client, link.href, "/agents/delete")
    assert answer.headers["Location"] == room
    assert dispatch.id not in world.dispatches.items["a/b"]
    assert not world.participants("a/b")


async def test_deleting_many_of_several_rooms(client: httpx.AsyncClient, world: World) -> None:
    one, two, kept = _dispatch(world), _dispatch(world, room="two"), _dispatch(world, "kept")
    picks = [f"standup/{one.id}", f"two/{two.id}", "standup/AD_gone", "no pair", "~!/x"]
    page = Page((await client.get(f"/agents/delete?{httpx.QueryParams({'dispatch': picks})}")).text)
    assert "Delete 2 dispatches?" in page.main
    answer = await post_form(client, "/agents/delete", {"dispatch": picks})
    told = Page((await client.get(answer.headers["Location"])).text).text
    assert answer.headers["Location"] == "/agents"
    assert "Deleted 2 dispatches, 1 failed" in told
    assert "AD_gone in standup: dispatch ID not found" in told
    assert kept.id in world.dispatches.items["standup"]
    assert not {one.id, two.id} & {*world.dispatches.items["standup"], *world.dispatches.items["two"]}


async def test_nothing_selected_is_no_question(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/agents/delete")).text)
    assert "No dispatch is selected" in page.main
    assert page.form("/agents/delete").buttons == 0


async def test_an_unchanged_room_is_a_304(client: httpx.AsyncClient, world: World) -> None:
    """Though LiveKit lists dispatches and people in another order each time."""
    for number in range(5):
        _age(_dispatch(world, f"agent {number}"))
        world.join("standup", f"robot {number}", kind="AGENT")
    _age(next(iter(world.dispatches.items["standup"].values())))
    path = "/rooms/standup/agents?partial=1"
    tag = (await client.get(path)).headers["HX-PTag"]
    for _ in range(5):
        assert (await client.get(path, headers={"HX-PTag": tag})).status_code == 304
