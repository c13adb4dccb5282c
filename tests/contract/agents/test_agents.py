"""The websocket for agent workers, which tells the server's version."""

import json
import re
from typing import Any

import aiohttp
import pytest
from livekit.protocol import agent, models

from tests.contract.backends import Backend

REGISTER = agent.WorkerMessage(
    register=agent.RegisterWorkerRequest(
        agent_name="livekit-dashboard-contract", type=agent.JT_ROOM, version="1"
    )
)
NO_JOB_TYPE = agent.WorkerMessage(register=agent.RegisterWorkerRequest(type=77))  # type: ignore[arg-type]
OVER = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED}


def _connect(backend: Backend, **grants: bool) -> "aiohttp.client._WSRequestContextManager":
    token = backend.token({"agent": True, **grants})
    return backend.http.ws_connect(f"{backend.url}/agent", headers={"Authorization": f"Bearer {token}"})


async def _receive(socket: aiohttp.ClientWebSocketResponse[Any]) -> agent.ServerMessage:
    return agent.ServerMessage.FromString(await socket.receive_bytes())


async def test_registering_tells_about_the_server(backend: Backend) -> None:
    async with _connect(backend) as socket:
        await socket.send_bytes(REGISTER.SerializeToString())
        registered = (await _receive(socket)).register
    assert registered.worker_id.startswith("AW_")
    info = registered.server_info
    assert re.fullmatch(r"\d+\.\d+\.\d+", info.version)
    assert (info.edition, info.region) == (models.ServerInfo.Standard, "")
    assert info.protocol >= 17
    assert info.agent_protocol == 1
    assert info.node_id.startswith("ND_")


async def test_the_node_id_stays(backend: Backend) -> None:
    nodes = set()
    for _ in range(2):
        async with _connect(backend) as socket:
            await socket.send_bytes(REGISTER.SerializeToString())
            nodes.add((await _receive(socket)).register.server_info.node_id)
    assert len(nodes) == 1


async def test_workers_may_speak_json(backend: Backend) -> None:
    async with _connect(backend) as socket:
        await socket.send_str('{"register": {"agentName": "livekit-dashboard-contract", "type": "JT_ROOM"}}')
        answer = json.loads(await socket.receive_str())
    assert answer["register"]["serverInfo"]["nodeId"].startswith("ND_")


async def test_pings_are_answered(backend: Backend) -> None:
    async with _connect(backend) as socket:
        await socket.send_bytes(agent.WorkerMessage(ping=agent.WorkerPing(timestamp=7)).SerializeToString())
        assert (await _receive(socket)).pong.last_timestamp == 7


@pytest.mark.parametrize(
    "message",
    [
        b"\xff\xff",
        agent.WorkerMessage().SerializeToString(),
        NO_JOB_TYPE.SerializeToString(),
    ],
    ids=["garbage", "nothing", "job type"],
)
async def test_what_makes_no_sense_is_hung_up_on(backend: Backend, message: bytes) -> None:
    async with _connect(backend) as socket:
        await socket.send_bytes(message)
        assert (await socket.receive()).type in OVER


async def test_silence_is_hung_up_on(backend: Backend) -> None:
    async with _connect(backend) as socket:
        assert (await socket.receive(timeout=15)).type in OVER


@pytest.mark.parametrize(
    ("video", "claims"),
    [({"roomAdmin": True}, {}), ({"agent": True}, {"iss": "APIunknown"})],
    ids=["no grant", "unknown key"],
)
async def test_refusals(backend: Backend, video: dict[str, bool], claims: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {backend.token(video, **claims)}"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await backend.http.ws_connect(f"{backend.url}/agent", headers=headers)
    assert caught.value.status == 401
