"""Webhooks of the simulator, as the SDK's own receiver takes them."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import jwt
import pytest
from livekit import api
from livekit.protocol import ingress, webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livekit_dashboard.simulator import World, running
from tests.livekit_server import Simulator, simulated_server


@dataclass
class Received:
    """What has come in: events, headers, bodies, and the statuses the next ones are answered with."""

    events: list[webhook.WebhookEvent] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [event.event for event in self.events]


@pytest.fixture
def received() -> Received:
    return Received()


@pytest.fixture
async def simulator(received: Received) -> AsyncIterator[Simulator]:
    """A server with all its workers, that tells of everything."""
    verifier = api.TokenVerifier("APIsimulator", "a-secret-that-is-long-enough-for-hs256")
    receiver = api.WebhookReceiver(verifier)

    async def take(request: Request) -> Response:
        body = (await request.body()).decode()
        received.events.append(receiver.receive(body, request.headers["Authorization"]))
        received.headers.append(dict(request.headers))
        received.bodies.append(body)
        return Response(status_code=received.answers.pop(0) if received.answers else 200)

    async with running(Starlette(routes=[Route("/hook", take, methods=["POST"])])) as url:
        world = World(egress_worker=True, ingress_worker=True, webhook_urls=[f"{url}/hook"])
        async with simulated_server(world) as server:
            yield server


async def test_people_come_publish_and_go(simulator: Simulator, received: Received) -> None:
    world = simulator.world
    ada = world.join("hall", "ada")
    track = world.publish("hall", "ada", "camera")
    world.unpublish("hall", "ada", track.sid)
    world.publish("hall", "ada", "microphone")
    world.delete_room("hall")
    await world.settled()
    assert received.names == [
        "room_started",
        "participant_joined",
        "track_published",
        "track_unpublished",
        "track_published",
        "track_unpublished",
        "participant_left",
        "room_finished",
    ]
    joined, published = received.events[1], received.events[2]
    assert (joined.room.name, joined.participant.identity, joined.participant.sid) == ("hall", "ada", ada.sid)
    assert (published.track.sid, published.participant.sid) == (track.sid, ada.sid)
    assert all(event.id.startswith("EV_") for event in received.events)
    assert len({event.id for event in received.events}) == len(received.events)
    assert abs(joined.created_at - time.time()) < 10


async def test_events_are_signed(simulator: Simulator, received: Received) -> None:
    simulator.world.create_room("hall")
    await simulator.world.settled()
    (headers,) = received.headers
    assert headers["content-type"] == "application/webhook+json"
    claims = jwt.decode(headers["authorization"], simulator.api_secret, ["HS256"])
    assert set(claims) == {"iss", "iat", "nbf", "exp", "sha256"}
    assert claims["iss"] == simulator.api_key
    assert claims["exp"] - claims["nbf"] == 300


async def test_what_fails_is_repeated_as_it_was(simulator: Simulator, received: Received) -> None:
    received.answers = [500, 503, 200]
    simulator.world.create_room("hall")
    simulator.world.delete_room("hall")
    await simulator.world.settled()
    assert received.names == ["room_started"] * 3 + ["room_finished"]
    assert len(set(received.bodies[:3])) == 1


async def test_it_is_given_up_in_the_end(simulator: Simulator, received: Received) -> None:
    received.answers = [500] * 10
    simulator.world.create_room("hall")
    await simulator.world.settled()
    assert len(received.events) == 1 + len(simulator.world.pace.webhook_retries)


async def test_a_refusal_is_an_answer(simulator: Simulator, received: Received) -> None:
    received.answers = [401]
    simulator.world.create_room("hall")
    await simulator.world.settled()
    assert received.names == ["room_started"]


async def test_nobody_listens(simulator: Simulator) -> None:
    simulator.world.webhooks.urls = ["http://127.0.0.1:1/hook"]
    simulator.world.create_room("hall")
    await simulator.world.settled()


async def test_a_recording(simulator: Simulator, received: Received) -> None:
    world = simulator.world
    world.join("hall", "ada")
    world.publish("hall", "ada")
    request = api.RoomCompositeEgressRequest(room_name="hall", file_outputs=[api.EncodedFileOutput()])
    info = world.recorder.start("room_composite", request)
    while info.status != api.EgressStatus.EGRESS_ACTIVE:
        await asyncio.sleep(0)
    world.recorder.stop(info.egress_id)
    await world.settled()
    told = [event for event in received.events if event.egress_info.egress_id == info.egress_id]
    assert [(event.event, event.egress_info.status) for event in told] == [
        ("egress_started", api.EgressStatus.EGRESS_STARTING),
        ("egress_updated", api.EgressStatus.EGRESS_ACTIVE),
        ("egress_updated", api.EgressStatus.EGRESS_ENDING),
        ("egress_ended", api.EgressStatus.EGRESS_COMPLETE),
    ]


async def test_a_stream(simulator: Simulator, received: Received) -> None:
    world = simulator.world
    world.ingresses.items["IN_1"] = ingress.IngressInfo(
        ingress_id="IN_1", room_name="hall", participant_identity="ann", reusable=True
    )
    world.ingresses.publish("IN_1")
    while "hall" not in world.rooms:
        await asyncio.sleep(0)
    world.ingresses.stop("IN_1")
    await world.settled()
    assert [name for name in received.names if name.startswith("ingress")] == [
        "ingress_started",
        "ingress_ended",
    ]
