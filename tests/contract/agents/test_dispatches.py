"""Agent dispatches where there is no agent: asking for one, looking, taking it back."""

from livekit import api
from livekit.protocol import agent_dispatch

from tests.contract.backends import Backend, failure

NO_ROOM = (503, "unavailable", "twirp error unknown: no response from servers")


def bad(text: str) -> tuple[int, str, str]:
    return (400, "invalid_argument", f"twirp error unknown: {text}")


async def create(backend: Backend, room: str, **fields: object) -> agent_dispatch.AgentDispatch:
    request = api.CreateAgentDispatchRequest(room=room, **fields)  # type: ignore[arg-type]
    return await backend.api.agent_dispatch.create_dispatch(request)


async def listed(backend: Backend, room: str) -> dict[str, agent_dispatch.AgentDispatch]:
    """The room's dispatches by id."""
    return {one.id: one for one in await backend.api.agent_dispatch.list_dispatch(room)}


async def test_a_dispatch_makes_the_room(backend: Backend, room: str) -> None:
    made = await create(backend, room, agent_name="nobody", metadata="m", attributes={"a": "b"})
    assert made.id.startswith("AD_")
    assert len(made.id) == 15
    assert made.state.created_at > 1e18
    assert list(made.state.jobs) == []
    assert made == agent_dispatch.AgentDispatch(
        id=made.id, agent_name="nobody", room=room, metadata="m", attributes={"a": "b"}, state=made.state
    )
    rooms = await backend.api.room.list_rooms(api.ListRoomsRequest(names=[room]))
    assert [found.name for found in rooms.rooms] == [room]
    assert (await listed(backend, room))[made.id] == made


async def test_every_room_asks_for_agents_without_a_name(backend: Backend, room: str) -> None:
    await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    (only,) = (await listed(backend, room)).values()
    assert (only.agent_name, only.room, list(only.state.jobs)) == ("", room, [])


async def test_a_room_that_asks_for_others(backend: Backend, room: str) -> None:
    wanted = [
        api.RoomAgentDispatch(agent_name="one", metadata="m", attributes={"a": "b"}),
        api.RoomAgentDispatch(agent_name="two", deployment="blue"),
    ]
    await backend.api.room.create_room(api.CreateRoomRequest(name=room, agents=wanted))
    one, two = sorted((await listed(backend, room)).values(), key=lambda dispatch: dispatch.agent_name)
    assert (one.agent_name, one.metadata, dict(one.attributes)) == ("one", "m", {"a": "b"})
    assert (two.agent_name, two.deployment) == ("two", "blue")


async def test_one_of_them(backend: Backend, room: str) -> None:
    made = await create(backend, room, agent_name="nobody")
    assert await backend.api.agent_dispatch.get_dispatch(made.id, room) == made
    assert await backend.api.agent_dispatch.get_dispatch("AD_none", room) is None


async def test_taking_one_back(backend: Backend, room: str) -> None:
    made = await create(backend, room, agent_name="nobody")
    calls = backend.api.agent_dispatch
    assert await calls.delete_dispatch(made.id, room) == made
    assert made.id not in await listed(backend, room)
    missing = (404, "not_found", "twirp error unknown: dispatch ID not found")
    assert await failure(calls.delete_dispatch(made.id, room)) == missing


async def test_a_room_that_is_not_there(backend: Backend, room: str) -> None:
    calls = backend.api.agent_dispatch
    assert await failure(calls.list_dispatch(room)) == NO_ROOM
    assert await failure(calls.delete_dispatch("AD_none", room)) == NO_ROOM


async def test_what_is_refused(backend: Backend, room: str) -> None:
    text = "metadata size exceeds limits"
    assert await failure(create(backend, room, metadata="x" * 524289)) == bad(text)
    text = "attribute size exceeds limits"
    assert await failure(create(backend, room, attributes={"a": "x" * 65536})) == bad(text)
    text = "deployment contains whitespace or control byte at position 1"
    assert await failure(create(backend, room, deployment="a b")) == bad(text)
    text = "deployment contains reserved character '_'"
    assert await failure(create(backend, room, deployment="a_b")) == bad(text)
    assert await failure(create(backend, room, deployment="x" * 65)) == bad("deployment exceeds 64 bytes")
    rooms = await backend.api.room.list_rooms(api.ListRoomsRequest(names=[room]))
    assert list(rooms.rooms) == []


async def test_the_grant(backend: Backend, room: str) -> None:
    token = backend.token({"roomAdmin": True, "room": "other"})
    body = f'{{"room": "{room}"}}'
    status, _, answer = await backend.post("AgentDispatchService/CreateDispatch", body, token=token)
    assert (status, answer) == (401, b'{"code":"unauthenticated","msg":"permissions denied"}')


async def test_a_server_without_redis_takes_dispatches_too(plain_backend: Backend) -> None:
    room = plain_backend.new_room()
    made = await create(plain_backend, room, agent_name="nobody")
    assert (await listed(plain_backend, room))[made.id] == made
