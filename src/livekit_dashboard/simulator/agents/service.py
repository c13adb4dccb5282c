"""AgentDispatchService: asking for agents in rooms."""

import asyncio

from livekit.protocol import agent_dispatch

from livekit_dashboard.simulator.errors import TwirpError, internal, no_response
from livekit_dashboard.simulator.twirp import method, room_admin
from livekit_dashboard.simulator.world import World

LONGEST_DEPLOYMENT = 64


async def create_dispatch(
    world: World, request: agent_dispatch.CreateAgentDispatchRequest
) -> agent_dispatch.AgentDispatch:
    """Asks for an agent, whether or not there is one of that name; makes the room if it is missing."""
    _check_deployment(request.deployment)
    if len(request.metadata.encode()) > world.limits.metadata:
        raise internal("invalid_argument", "metadata size exceeds limits")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in request.attributes.items())
    if size > world.limits.attributes:
        raise internal("invalid_argument", "attribute size exceeds limits")
    world.create_room(request.room)
    return world.dispatches.add(
        agent_dispatch.AgentDispatch(
            agent_name=request.agent_name,
            room=request.room,
            metadata=request.metadata,
            restart_policy=request.restart_policy,
            deployment=request.deployment,
            attributes=request.attributes,
        )
    )


async def list_dispatch(
    world: World, request: agent_dispatch.ListAgentDispatchRequest
) -> agent_dispatch.ListAgentDispatchResponse:
    """All of a room, or the one with that id, which may be none."""
    await _needs_room(world, request.room)
    listed = [
        dispatch
        for dispatch in world.shuffled(world.dispatches.items[request.room].values())
        if request.dispatch_id in ("", dispatch.id)
    ]
    return agent_dispatch.ListAgentDispatchResponse(agent_dispatches=listed)


async def delete_dispatch(
    world: World, request: agent_dispatch.DeleteAgentDispatchRequest
) -> agent_dispatch.AgentDispatch:
    """Takes a dispatch back, and sends its agents away."""
    await _needs_room(world, request.room)
    try:
        return world.dispatches.remove(request.room, request.dispatch_id)
    except KeyError:
        raise internal("not_found", "dispatch ID not found") from None


async def _needs_room(world: World, room: str) -> None:
    """It is the room itself that is asked, so that a missing one does not answer."""
    if room not in world.rooms:
        await asyncio.sleep(world.no_response_after)
        raise no_response()


def _check_deployment(deployment: str) -> None:
    encoded = deployment.encode()
    if len(encoded) > LONGEST_DEPLOYMENT:
        raise _bad_deployment(f"exceeds {LONGEST_DEPLOYMENT} bytes")
    for position, byte in enumerate(encoded):
        if byte == ord("_"):
            raise _bad_deployment("contains reserved character '_'")
        if byte <= ord(" ") or byte == 127:
            raise _bad_deployment(f"contains whitespace or control byte at position {position}")


def _bad_deployment(why: str) -> TwirpError:
    return internal("invalid_argument", f"deployment {why}")


METHODS = {
    "AgentDispatchService/CreateDispatch": method(
        agent_dispatch.CreateAgentDispatchRequest, create_dispatch, room_admin
    ),
    "AgentDispatchService/ListDispatch": method(
        agent_dispatch.ListAgentDispatchRequest, list_dispatch, room_admin
    ),
    "AgentDispatchService/DeleteDispatch": method(
        agent_dispatch.DeleteAgentDispatchRequest, delete_dispatch, room_admin
    ),
}
