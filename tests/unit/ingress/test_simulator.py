"""What is streamed into the simulator, from the first packet to the last."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import api
from livekit.protocol import ingress, models

from livekit_dashboard.simulator import World
from livekit_dashboard.simulator.ingress.worker import NotPossibleError
from tests.livekit_server import Simulator, simulated_server

State = ingress.IngressState


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A server that can be streamed to."""
    world = World(
        ingress_worker=True,
        rtmp_base_url="rtmp://live.example.com/live",
        whip_base_url="https://example.com/w",
    )
    async with simulated_server(world) as server:
        yield server


@pytest.fixture
def world(simulator: Simulator) -> World:
    return simulator.world


@pytest.fixture
async def lk(simulator: Simulator) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(simulator.url, simulator.api_key, simulator.api_secret) as lk:
        yield lk


async def _create(lk: api.LiveKitAPI, **fields: Any) -> ingress.IngressInfo:
    wanted = {"input_type": ingress.RTMP_INPUT, "participant_identity": "ann", "room_name": "stage", **fields}
    return await lk.ingress.create_ingress(api.CreateIngressRequest(**wanted))


async def test_addresses_are_the_configured_ones(lk: api.LiveKitAPI) -> None:
    assert (await _create(lk)).url == "rtmp://live.example.com/live"
    assert (await _create(lk, input_type=ingress.WHIP_INPUT)).url == "https://example.com/w"


async def test_a_stream_begins_and_ends(world: World, lk: api.LiveKitAPI) -> None:
    made = await _create(lk, participant_name="Ann", video=ingress.IngressVideoOptions(name="program"))
    info = world.ingresses.items[made.ingress_id]
    world.ingresses.publish(made.ingress_id)
    assert info.state.status == State.ENDPOINT_BUFFERING
    assert world.participants("stage") == []

    await world.settled()
    person = world.participant("stage", "ann")
    assert (person.kind, person.name) == (models.ParticipantInfo.INGRESS, "Ann")
    assert person.attributes["ingress.ingressID"] == made.ingress_id
    assert [track.name for track in person.tracks] == ["audio", "program"]
    assert info.state.status == State.ENDPOINT_PUBLISHING
    assert list(info.state.tracks) == list(person.tracks)
    assert info.state.room_id == world.rooms["stage"].sid
    assert (info.state.video.width, info.state.video.height, info.state.video.framerate) == (1280, 720, 30.0)
    assert info.state.video.average_bitrate > info.state.audio.average_bitrate > 0

    world.ingresses.stop(made.ingress_id)
    assert info.state.status == State.ENDPOINT_INACTIVE
    assert info.state.ended_at > info.state.started_at
    assert world.participants("stage") == []


async def test_a_url_is_pulled_at_once_and_only_once(world: World, lk: api.LiveKitAPI) -> None:
    made = await _create(lk, input_type=ingress.URL_INPUT, url="https://example.com/a.mp4")
    assert (made.reusable, made.stream_key, made.state.status) == (False, "", State.ENDPOINT_BUFFERING)
    await world.settled()
    world.ingresses.stop(made.ingress_id)
    assert world.ingresses.items[made.ingress_id].state.status == State.ENDPOINT_COMPLETE
    with pytest.raises(api.ServerError, match="ingress is not reusable and cannot be modified"):
        await lk.ingress.update_ingress(api.UpdateIngressRequest(ingress_id=made.ingress_id, name="x"))


async def test_an_error_is_kept_until_the_next_update(world: World, lk: api.LiveKitAPI) -> None:
    made = await _create(lk)
    world.ingresses.publish(made.ingress_id)
    await world.settled()
    world.ingresses.fail(made.ingress_id, "no decoder for this codec")
    failed = (await lk.ingress.list_ingress(api.ListIngressRequest(ingress_id=made.ingress_id))).items[0]
    assert (failed.state.status, failed.state.error) == (State.ENDPOINT_ERROR, "no decoder for this codec")
    assert world.participants("stage") == []
    request = api.UpdateIngressRequest(ingress_id=made.ingress_id, name="again")
    assert (await lk.ingress.update_ingress(request)).state.status == State.ENDPOINT_INACTIVE


async def test_a_participant_who_is_removed_streams_no_more(world: World, lk: api.LiveKitAPI) -> None:
    made = await _create(lk)
    world.ingresses.publish(made.ingress_id)
    await world.settled()
    await lk.room.remove_participant(api.RoomParticipantIdentity(room="stage", identity="ann"))
    assert world.ingresses.items[made.ingress_id].state.status == State.ENDPOINT_INACTIVE


async def test_deleting_ends_the_stream(world: World, lk: api.LiveKitAPI) -> None:
    made = await _create(lk)
    world.ingresses.publish(made.ingress_id)
    gone = await lk.ingress.delete_ingress(api.DeleteIngressRequest(ingress_id=made.ingress_id))
    assert gone.state.status == State.ENDPOINT_INACTIVE
    await world.settled()
    assert world.rooms == {}


async def test_streams_that_are_turned_away(world: World, lk: api.LiveKitAPI) -> None:
    disabled = await _create(lk, enabled=False)
    nowhere = await _create(lk, room_name="")
    twice = await _create(lk)
    world.ingresses.publish(twice.ingress_id)
    for info, why in ((disabled, "session is disabled"), (nowhere, "no room name"), (twice, "already")):
        with pytest.raises(NotPossibleError, match=why):
            world.ingresses.publish(info.ingress_id)
    world.ingresses.available = False
    with pytest.raises(NotPossibleError, match="no worker"):
        world.ingresses.publish(disabled.ingress_id)


async def test_a_room_that_is_full(world: World, lk: api.LiveKitAPI) -> None:
    world.create_room("stage", max_participants=1)
    world.join("stage", "ada")
    made = await _create(lk)
    world.ingresses.publish(made.ingress_id)
    await world.settled()
    assert world.ingresses.items[made.ingress_id].state.status == State.ENDPOINT_ERROR
