"""Egress where there is no worker: lists, what is missing, and how long it takes to say so."""

from collections.abc import Awaitable
from typing import Any

import pytest
from livekit import api
from livekit.protocol import egress

from tests.contract.backends import Backend, failure

NO_ROOM = (404, "not_found", "twirp error unknown: requested room does not exist")
NO_EGRESS = (404, "not_found", "twirp error unknown: egress does not exist")
NO_REDIS = (500, "internal", "twirp error unknown: egress not connected (redis required)")
NO_WORKER = (503, "unavailable", "twirp error unknown: no response from servers")


def _starts(backend: Backend, room: str) -> list[Awaitable[egress.EgressInfo]]:
    """All that start an egress of a room; it is the worker that looks at the rest of a request."""
    calls: Any = backend.api.egress
    return [
        calls.start_room_composite_egress(api.RoomCompositeEgressRequest(room_name=room)),
        calls.start_participant_egress(api.ParticipantEgressRequest(room_name=room)),
        calls.start_track_composite_egress(api.TrackCompositeEgressRequest(room_name=room)),
        calls.start_track_egress(api.TrackEgressRequest(room_name=room)),
        calls.start_egress(egress.StartEgressRequest(room_name=room)),
    ]


async def test_no_jobs(backend: Backend) -> None:
    for request in (api.ListEgressRequest(), api.ListEgressRequest(room_name="none", active=True)):
        assert list((await backend.api.egress.list_egress(request)).items) == []


async def test_a_job_that_is_not_there(backend: Backend) -> None:
    calls = backend.api.egress
    assert await failure(calls.list_egress(api.ListEgressRequest(egress_id="EG_none"))) == NO_EGRESS
    layout = api.UpdateLayoutRequest(egress_id="EG_none", layout="grid")
    assert await failure(calls.update_layout(layout)) == NO_EGRESS
    assert await failure(calls.update_stream(api.UpdateStreamRequest(egress_id="EG_none"))) == NO_EGRESS
    assert await failure(calls.stop_egress(api.StopEgressRequest(egress_id="EG_none"))) == NO_EGRESS


async def test_a_room_that_is_not_there(backend: Backend, room: str) -> None:
    for call in _starts(backend, room):
        assert await failure(call) == NO_ROOM


async def test_no_worker(backend: Backend, room: str) -> None:
    """The real server takes 19 to 24 seconds to say so."""
    await backend.api.room.create_room(api.CreateRoomRequest(name=room))
    call = backend.api.egress.start_room_composite_egress(api.RoomCompositeEgressRequest(room_name=room))
    assert await failure(call) == NO_WORKER
    assert list((await backend.api.egress.list_egress(api.ListEgressRequest())).items) == []


async def test_a_room_that_is_to_be_recorded_is_made_all_the_same(backend: Backend, room: str) -> None:
    """The real server takes 10 seconds for it."""
    wanted = api.RoomEgress(room=api.RoomCompositeEgressRequest())
    made = await backend.api.room.create_room(api.CreateRoomRequest(name=room, egress=wanted))
    assert (made.name, made.active_recording) == (room, False)
    assert list((await backend.api.egress.list_egress(api.ListEgressRequest())).items) == []


@pytest.mark.parametrize("method", ["ListEgress", "StopEgress", "StartTrackEgress"])
async def test_the_grant(backend: Backend, method: str) -> None:
    token = backend.token({"roomAdmin": True, "roomList": True})
    status, _, body = await backend.post(f"Egress/{method}", "{}", token=token)
    assert (status, body) == (401, b'{"code":"unauthenticated","msg":"permissions denied"}')


async def test_without_redis(plain_backend: Backend) -> None:
    calls = plain_backend.api.egress
    assert await failure(calls.list_egress(api.ListEgressRequest())) == NO_REDIS
    assert await failure(calls.update_layout(api.UpdateLayoutRequest(egress_id="EG_none"))) == NO_REDIS
    assert await failure(calls.update_stream(api.UpdateStreamRequest(egress_id="EG_none"))) == NO_REDIS
    assert await failure(calls.stop_egress(api.StopEgressRequest(egress_id="EG_none"))) == NO_REDIS
