"""Tokens on the real LiveKit server: they allow what was promised, and nothing else."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import httpx
import pytest
from livekit import api, rtc

from livekit_dashboard.demo.participants import Person
from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.token_server.models import TokenRequest
from livekit_dashboard.token_server.tokens import MAX_LENGTH, Grants, Signer
from tests.token_server.served import KEY, OTHER_KEY, bearer, served

SOON = 15
KEYS = {
    "speakers": {"key": KEY, "rooms": ["stage-*"], "sources": ["microphone"]},
    "listeners": {"key": OTHER_KEY, "rooms": ["stage-*"], "publish": False, "data": False},
}


@pytest.fixture
async def tokens(livekit_server: LiveKitServer) -> AsyncIterator[httpx.AsyncClient]:
    """A token server of the real LiveKit server."""
    async with served(**of(livekit_server), token_server_keys=KEYS) as client:
        yield client


def of(server: LiveKitServer) -> dict[str, str]:
    return {
        "livekit_url": server.ws_url,
        "livekit_api_key": server.api_key,
        "livekit_api_secret": server.api_secret,
    }


async def person(client: httpx.AsyncClient, key: str, room: str, identity: str, **more: Any) -> Person:
    """Someone who is about to join as an application would: asks for a token, and goes where it says."""
    ask = {"room_name": room, "participant_name": identity, **more}
    answer = await client.post("/token", json=ask, headers=bearer(key))
    assert answer.status_code == 200, answer.text
    return Person(answer.json()["url"], answer.json()["token"])


async def published(server: LiveKitServer, room: str) -> dict[str, list[int]]:
    """Sources of the tracks in the room, by identity, as the server has them."""
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as lk:
        there = await lk.room.list_participants(api.ListParticipantsRequest(room=room))
    return {who.identity: [track.source for track in who.tracks] for who in there.participants}


async def validate(server: LiveKitServer, token: str) -> tuple[int, str]:
    """What the server says of a token before anyone joins."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{server.url}/rtc/validate", params={"access_token": token}) as answer,
    ):
        return answer.status, (await answer.text()).strip()


async def test_who_joins_is_who_was_asked_for(
    tokens: httpx.AsyncClient, livekit_server: LiveKitServer
) -> None:
    joining = await person(
        tokens,
        KEY,
        "stage-1",
        "Zoë",
        metadata='{"role": "participant"}',
        participant_attributes={"language": "en"},
    )
    async with (
        joining as zoe,
        api.LiveKitAPI(livekit_server.url, livekit_server.api_key, livekit_server.api_secret) as lk,
    ):
        assert zoe.room.name == "stage-1"
        who = api.RoomParticipantIdentity(room="stage-1", identity="Zoë")
        seen = await lk.room.get_participant(who)
    assert (seen.identity, seen.name, seen.metadata) == ("Zoë", "Zoë", '{"role": "participant"}')
    assert dict(seen.attributes) == {"language": "en"}
    assert (seen.permission.can_publish, seen.permission.can_subscribe) == (True, True)
    assert not seen.permission.hidden
    assert not seen.permission.can_update_metadata


async def test_only_the_sources_that_are_allowed(
    tokens: httpx.AsyncClient, livekit_server: LiveKitServer
) -> None:
    async with await person(tokens, KEY, "stage-2", "speaker") as speaker:
        await speaker.publish_microphone()
        # The server does not answer what is not allowed, so this takes the client's ten seconds.
        with pytest.raises(rtc.participant.PublishTrackError):
            await speaker.publish_camera()
        assert await published(livekit_server, "stage-2") == {"speaker": [rtc.TrackSource.SOURCE_MICROPHONE]}


async def test_a_listener_hears_and_can_not_speak(
    tokens: httpx.AsyncClient, livekit_server: LiveKitServer
) -> None:
    async with (
        await person(tokens, OTHER_KEY, "stage-3", "listener") as listener,
        await person(tokens, KEY, "stage-3", "speaker") as speaker,
    ):
        heard = asyncio.Event()
        listener.room.on("track_subscribed", lambda *_: heard.set())
        await speaker.publish_microphone()
        async with asyncio.timeout(SOON):
            await heard.wait()
        with pytest.raises(rtc.participant.PublishTrackError):
            await listener.publish_microphone()
        assert await published(livekit_server, "stage-3") == {
            "listener": [],
            "speaker": [rtc.TrackSource.SOURCE_MICROPHONE],
        }

        arrived: list[bytes] = []
        at_listener = asyncio.Event()
        speaker.room.on("data_received", lambda packet: arrived.append(packet.data))
        listener.room.on("data_received", lambda _: at_listener.set())
        await listener.room.local_participant.publish_data(b"not allowed")
        # Goes the other way later, so what was allowed has arrived by then.
        await asyncio.sleep(0.5)
        await speaker.room.local_participant.publish_data(b"allowed")
        async with asyncio.timeout(SOON):
            await at_listener.wait()
        assert arrived == []


async def test_a_room_that_is_not_allowed(tokens: httpx.AsyncClient, livekit_server: LiveKitServer) -> None:
    ask = {"room_name": "backstage", "participant_name": "i"}
    assert (await tokens.post("/token", json=ask, headers=bearer(KEY))).status_code == 403
    # Nor by changing the room in a token: then the signature is wrong.
    answer = await tokens.post("/token", json={**ask, "room_name": "stage-4"}, headers=bearer(KEY))
    head, body, signature = answer.json()["token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["video"]["room"] = "backstage"
    other = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    assert await validate(livekit_server, f"{head}.{body}.{signature}") == (200, "success")
    assert (await validate(livekit_server, f"{head}.{other}.{signature}"))[0] == 401
    with pytest.raises(rtc.ConnectError):
        async with Person(livekit_server.ws_url, f"{head}.{other}.{signature}"):
            pass


async def test_an_expired_token(livekit_server: LiveKitServer) -> None:
    def signed(age: int) -> str:
        signer = Signer(livekit_server.api_key, livekit_server.api_secret, lambda: time.time() - age)
        return signer.sign(TokenRequest(), "stage-5", "i", Grants({}, 3600))[0]

    assert await validate(livekit_server, signed(3500)) == (200, "success")
    # The server lets clocks differ by a minute.
    status, text = await validate(livekit_server, signed(3700))
    assert status == 401
    assert "expired" in text
    with pytest.raises(rtc.ConnectError):
        async with Person(livekit_server.ws_url, signed(3700)):
            pass


async def test_no_token_is_an_admins(tokens: httpx.AsyncClient, livekit_server: LiveKitServer) -> None:
    ask = {"room_name": "stage-6", "participant_name": "i"}
    token = (await tokens.post("/token", json=ask, headers=bearer(KEY))).json()["token"]
    calls = {
        "RoomService/ListRooms": {},
        "RoomService/CreateRoom": {"name": "x"},
        "RoomService/DeleteRoom": {"room": "stage-6"},
        "RoomService/ListParticipants": {"room": "stage-6"},
        "RoomService/UpdateRoomMetadata": {"room": "stage-6"},
        "Egress/ListEgress": {},
        "Ingress/ListIngress": {},
        "SIP/ListSIPInboundTrunk": {},
        "AgentDispatchService/ListDispatch": {"room": "stage-6"},
    }
    async with httpx.AsyncClient(base_url=livekit_server.url, headers=bearer(token), trust_env=False) as lk:
        answers = {
            call: (await lk.post(f"/twirp/livekit.{call}", json=body)).status_code
            for call, body in calls.items()
        }
    assert answers == dict.fromkeys(calls, 401)


@pytest.mark.parametrize(
    ("longest", "too_long"),
    [
        ({"participant_identity": "é" * 128}, {"participant_identity": "é" * 129}),
        ({"room_name": "é" * 128}, {"room_name": "é" * 129}),
    ],
)
async def test_the_limits_are_the_servers(
    livekit_server: LiveKitServer, longest: dict[str, str], too_long: dict[str, str]
) -> None:
    ask = {"room_name": "r", "participant_identity": "i"}
    async with served(
        **of(livekit_server), token_server_room_pattern=".+", token_server_room_max_length=256
    ) as client:
        answer = await client.post("/token", json={**ask, **longest})
        assert await validate(livekit_server, answer.json()["token"]) == (200, "success")
        assert (await client.post("/token", json={**ask, **too_long})).status_code == 422
    # What we refuse would not have worked.
    signer = Signer(livekit_server.api_key, livekit_server.api_secret)
    asked = {**ask, **too_long}
    token, _ = signer.sign(TokenRequest(), asked["room_name"], asked["participant_identity"], Grants({}, 60))
    assert (await validate(livekit_server, token))[0] == 400


async def test_the_longest_token_is_read(livekit_server: LiveKitServer) -> None:
    signer = Signer(livekit_server.api_key, livekit_server.api_secret)

    def signed(length: int) -> str:
        """A token of this length, or up to 3 characters less."""
        empty, _ = signer.sign(TokenRequest(participant_metadata="m"), "r", "i", Grants({}, 60))
        metadata = "m" * ((length - len(empty)) * 3 // 4)
        asked = TokenRequest.model_construct(participant_metadata=metadata)
        return signer.sign(asked, "r", "i", Grants({}, 60))[0]

    longest = signed(MAX_LENGTH)
    assert MAX_LENGTH - 8 <= len(longest) <= MAX_LENGTH
    assert await validate(livekit_server, longest) == (200, "success")
    assert (await validate(livekit_server, signed(MAX_LENGTH + 128 * 1024)))[0] == 431


async def test_an_agents_attributes_are_taken(livekit_server: LiveKitServer) -> None:
    config = {
        "agents": [{"agent_name": "desk", "deployment": "blue", "attributes": {"tenant": "7", "a": "b"}}]
    }
    async with served(**of(livekit_server)) as client:
        ask = {"room_name": "r", "participant_identity": "i", "room_config": config}
        answer = await client.post("/token", json=ask)
    assert await validate(livekit_server, answer.json()["token"]) == (200, "success")
