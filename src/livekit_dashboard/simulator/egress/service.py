"""Egress: listing, starting, changing and stopping recordings and streams."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from livekit.protocol import egress

from livekit_dashboard.simulator.errors import (
    TwirpError,
    internal,
    no_response,
    participant_not_found,
    room_not_found,
)
from livekit_dashboard.simulator.messages import enum_name
from livekit_dashboard.simulator.twirp import Method, method, video_grant
from livekit_dashboard.simulator.world import World

RUNNING = (egress.EgressStatus.EGRESS_STARTING, egress.EgressStatus.EGRESS_ACTIVE)


async def list_egress(world: World, request: egress.ListEgressRequest) -> egress.ListEgressResponse:
    """Jobs by id, else by room and by whether they still run. Page tokens are ignored."""
    if request.egress_id:
        return egress.ListEgressResponse(items=[_known(world, request.egress_id)])
    _needs_redis(world)
    items = [
        info
        for info in world.shuffled(world.egress.values())
        if request.room_name in ("", info.room_name)
        and (not request.active or info.status < egress.EgressStatus.EGRESS_COMPLETE)
    ]
    return egress.ListEgressResponse(items=items)


def start(kind: str) -> Callable[[World, Any], Awaitable[egress.EgressInfo]]:
    """The handler that starts one kind of egress; ``kind`` is its request's field in EgressInfo.

    The server itself checks nothing but the room: what the request is worth, the worker says.
    """

    async def handle(world: World, request: Any) -> egress.EgressInfo:
        room = "" if kind == "web" else request.room_name
        if room and room not in world.rooms:
            raise room_not_found()
        if not world.recorder.available:
            await asyncio.sleep(world.pace.no_egress_worker)
            raise no_response()
        return world.recorder.start(kind, request)

    return handle


async def update_layout(world: World, request: egress.UpdateLayoutRequest) -> egress.EgressInfo:
    """Tells the recorder's page, by the recorder's metadata; the job is shown with its first layout."""
    info = _known(world, request.egress_id)
    try:
        recorder = world.participant(info.room_name, info.egress_id)
    except KeyError:
        raise participant_not_found() from None
    recorder.metadata = json.dumps({"layout": request.layout}, separators=(",", ":"))
    world.touch(info.room_name, recorder)
    return info


async def update_stream(world: World, request: egress.UpdateStreamRequest) -> egress.EgressInfo:
    """Adds and removes addresses of a job that streams."""
    if world.recorder.active(request.egress_id):
        return world.recorder.update_stream(request)
    raise await _out_of_reach(world, request.egress_id, "updated", no_response())


async def stop_egress(world: World, request: egress.StopEgressRequest) -> egress.EgressInfo:
    """Asks a job to end; the answer shows it as ending, or as aborted if it hadn't begun."""
    if world.recorder.active(request.egress_id):
        return world.recorder.stop(request.egress_id)
    late = internal("deadline_exceeded", "request timed out")
    raise await _out_of_reach(world, request.egress_id, "stopped", late)


async def _out_of_reach(world: World, egress_id: str, verb: str, running: TwirpError) -> TwirpError:
    """What is said of a job that no worker has; ``running`` if it is shown as running all the same."""
    await asyncio.sleep(world.no_response_after)
    info = _known(world, egress_id)
    if info.status in RUNNING:
        return running
    status = enum_name(info, "status")
    return TwirpError("failed_precondition", f"egress with status {status} cannot be {verb}")


def _known(world: World, egress_id: str) -> egress.EgressInfo:
    _needs_redis(world)
    if egress_id not in world.egress:
        raise internal("not_found", "egress does not exist")
    return world.egress[egress_id]


def _needs_redis(world: World) -> None:
    if not world.redis:
        raise internal("internal", "egress not connected (redis required)")


_record = video_grant("roomRecord")

METHODS = {
    "Egress/ListEgress": method(egress.ListEgressRequest, list_egress, _record),
    "Egress/StartEgress": Method(egress.StartEgressRequest, start("egress"), _record),
    "Egress/StartRoomCompositeEgress": Method(
        egress.RoomCompositeEgressRequest, start("room_composite"), _record
    ),
    "Egress/StartWebEgress": Method(egress.WebEgressRequest, start("web"), _record),
    "Egress/StartParticipantEgress": Method(egress.ParticipantEgressRequest, start("participant"), _record),
    "Egress/StartTrackCompositeEgress": Method(
        egress.TrackCompositeEgressRequest, start("track_composite"), _record
    ),
    "Egress/StartTrackEgress": Method(egress.TrackEgressRequest, start("track"), _record),
    "Egress/UpdateLayout": method(egress.UpdateLayoutRequest, update_layout, _record),
    "Egress/UpdateStream": method(egress.UpdateStreamRequest, update_stream, _record),
    "Egress/StopEgress": method(egress.StopEgressRequest, stop_egress, _record),
}
