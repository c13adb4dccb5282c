"""The simulator's faults, as the unmodified SDK meets them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from google.protobuf.message import DecodeError
from livekit import api

from livekit_dashboard.simulator import Fault
from tests.livekit_server import Simulator, simulated_server


@pytest.fixture
async def lk(simulator: Simulator) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(simulator.url, simulator.api_key, simulator.api_secret) as lk:
        yield lk


async def _list(lk: api.LiveKitAPI) -> api.ListRoomsResponse:
    return await lk.room.list_rooms(api.ListRoomsRequest())


async def test_delay(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    simulator.world.faults.add(Fault("delay", seconds=0.05), times=1)
    start = time.monotonic()
    await _list(lk)
    assert time.monotonic() - start >= 0.05


async def test_what_is_given_up_during_a_delay_is_not_done(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    simulator.world.faults.add(Fault("delay", seconds=0.2), times=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await lk.room.create_room(api.CreateRoomRequest(name="late"))
    await asyncio.sleep(0.3)
    assert not (await _list(lk)).rooms


async def test_hang(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    simulator.world.faults.add(Fault("hang"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await _list(lk)


async def test_error(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    fault = Fault("error", code="resource_exhausted", message="too many", meta={"why": "you"})
    simulator.world.faults.add(fault)
    with pytest.raises(api.ServerError) as caught:
        await _list(lk)
    error = caught.value
    assert (error.status, error.code, error.message) == (429, "resource_exhausted", "too many")
    assert error.metadata == {"why": "you"}


async def test_redirect(simulator: Simulator) -> None:
    simulator.world.faults.add(Fault("redirect", location="http://elsewhere.example"))
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{simulator.url}/twirp/livekit.RoomService/ListRooms", allow_redirects=False
        ) as response,
    ):
        assert response.status == 307
        assert response.headers["Location"] == "http://elsewhere.example/twirp/livekit.RoomService/ListRooms"


async def test_html_in_place_of_livekit(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    simulator.world.faults.add(Fault("html"), times=1)
    with pytest.raises(DecodeError):
        await _list(lk)
    simulator.world.faults.add(Fault("html", status=404), times=1)
    with pytest.raises(api.ServerError) as caught:
        await _list(lk)
    assert (caught.value.status, caught.value.code, caught.value.message) == (404, "unknown", "")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("refuse", aiohttp.ServerDisconnectedError),
        ("cut", aiohttp.ClientPayloadError),
        ("garbage", DecodeError),
    ],
)
async def test_broken_answers(
    simulator: Simulator, lk: api.LiveKitAPI, kind: str, error: type[Exception]
) -> None:
    simulator.world.faults.add(Fault(kind), times=1)  # type: ignore[arg-type]
    with pytest.raises(error):
        await _list(lk)
    assert await _list(lk) == api.ListRoomsResponse()


async def test_a_server_that_has_gone_refuses_connections() -> None:
    async with simulated_server() as gone:
        pass
    async with api.LiveKitAPI(gone.url, gone.api_key, gone.api_secret) as lk:
        with pytest.raises(aiohttp.ClientConnectorError):
            await _list(lk)


async def test_a_server_that_goes_drops_hanging_calls() -> None:
    async with AsyncExitStack() as clients:
        async with simulated_server() as server:
            server.world.faults.add(Fault("hang"))
            sdk = api.LiveKitAPI(server.url, server.api_key, server.api_secret)
            call = asyncio.create_task(_list(await clients.enter_async_context(sdk)))
            while not server.world.calls:
                await asyncio.sleep(0)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await call


async def test_a_fault_acts_on_what_it_matches(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    simulator.world.faults.add(Fault("error", match="RoomService/Delete*"))
    await _list(lk)
    with pytest.raises(api.ServerError, match="simulated"):
        await lk.room.delete_room(api.DeleteRoomRequest(room="a"))


async def test_a_fault_runs_out(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    simulator.world.faults.add(Fault("error"), times=2)
    for _ in range(2):
        with pytest.raises(api.ServerError):
            await _list(lk)
    await _list(lk)


async def test_faults_act_in_the_order_they_came_in(simulator: Simulator, lk: api.LiveKitAPI) -> None:
    simulator.world.faults.add(Fault("error", message="first"), times=1)
    second = simulator.world.faults.add(Fault("error", message="second"))
    for message in ("first", "second"):
        with pytest.raises(api.ServerError, match=message):
            await _list(lk)
    simulator.world.faults.remove(second)
    await _list(lk)


@pytest.mark.parametrize("path", ["/", "/rtc/validate"])
async def test_faults_reach_plain_paths(simulator: Simulator, path: str) -> None:
    simulator.world.faults.add(Fault("html", match=path, status=502))
    async with aiohttp.ClientSession() as http, http.get(simulator.url + path) as answer:
        assert answer.status == 502


async def test_faults_reach_the_agent_websocket(simulator: Simulator) -> None:
    simulator.world.faults.add(Fault("html", match="/agent", status=502))
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await http.ws_connect(f"{simulator.url}/agent")
    assert caught.value.status == 502


def test_a_code_that_twirp_does_not_have() -> None:
    with pytest.raises(ValueError, match="no_such_code"):
        Fault("error", code="no_such_code")
