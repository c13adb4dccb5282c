"""Agents in the simulator: they come when they are asked for, and go."""

from collections.abc import AsyncIterator

import pytest
from livekit import api
from livekit.protocol import agent, models

from livekit_dashboard.simulator import World
from tests.livekit_server import Simulator


@pytest.fixture
async def lk(simulator: Simulator) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(simulator.url, simulator.api_key, simulator.api_secret) as lk:
        yield lk


@pytest.fixture
def world(simulator: Simulator) -> World:
    return simulator.world


async def test_an_agent_comes_and_goes(world: World, lk: api.LiveKitAPI) -> None:
    worker_id = world.dispatches.register("bot")
    request = api.CreateAgentDispatchRequest(agent_name="bot", room="hall", metadata="m")
    made = await lk.agent_dispatch.create_dispatch(request)
    assert list(made.state.jobs) == []

    await world.settled()
    (person,) = world.participants("hall")
    assert (person.kind, person.permission.agent) == (models.ParticipantInfo.AGENT, True)
    found = await lk.agent_dispatch.get_dispatch(made.id, "hall")
    assert found is not None
    (job,) = found.state.jobs
    assert (job.dispatch_id, job.type, job.metadata, job.room.name) == (made.id, agent.JT_ROOM, "m", "hall")
    assert (job.state.status, job.state.worker_id) == (agent.JS_RUNNING, worker_id)
    assert job.state.participant_identity == person.identity

    await lk.agent_dispatch.delete_dispatch(made.id, "hall")
    assert world.participants("hall") == []


async def test_what_becomes_of_an_agent_is_not_told(world: World, lk: api.LiveKitAPI) -> None:
    world.dispatches.register("bot")
    request = api.CreateAgentDispatchRequest(agent_name="bot", room="hall")
    made = await lk.agent_dispatch.create_dispatch(request)
    await world.settled()
    (person,) = world.participants("hall")
    world.leave("hall", person.identity)
    found = await lk.agent_dispatch.get_dispatch(made.id, "hall")
    assert found is not None
    assert found.state.jobs[0].state.status == agent.JS_RUNNING
    await lk.agent_dispatch.delete_dispatch(made.id, "hall")


async def test_nobody_of_that_name(world: World, lk: api.LiveKitAPI) -> None:
    world.dispatches.register("bot")
    world.dispatches.unregister("bot")
    request = api.CreateAgentDispatchRequest(agent_name="bot", room="hall")
    made = await lk.agent_dispatch.create_dispatch(request)
    await world.settled()
    assert world.participants("hall") == []
    assert list(world.dispatches.items["hall"][made.id].state.jobs) == []


async def test_agents_that_rooms_have_from_the_start(world: World, lk: api.LiveKitAPI) -> None:
    world.dispatches.register()
    world.dispatches.register("bot")
    await lk.room.create_room(api.CreateRoomRequest(name="plain"))
    wanted = [api.RoomAgentDispatch(agent_name="bot"), api.RoomAgentDispatch(agent_name="bot")]
    await lk.room.create_room(api.CreateRoomRequest(name="wired", agents=wanted))
    await world.settled()
    assert len(world.participants("plain")) == 1
    assert len(world.participants("wired")) == 2


async def test_a_room_that_closes_before_the_agent_comes(world: World, lk: api.LiveKitAPI) -> None:
    world.dispatches.register("bot")
    await lk.agent_dispatch.create_dispatch(api.CreateAgentDispatchRequest(agent_name="bot", room="hall"))
    await lk.room.delete_room(api.DeleteRoomRequest(room="hall"))
    await world.settled()
    assert world.rooms == {}
