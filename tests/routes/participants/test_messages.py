"""Data and remote procedure calls into a room; participants sent to another one."""

import httpx
import pytest
from livekit.protocol.models import DataPacket
from livekit.protocol.room import (
    ForwardParticipantRequest,
    MoveParticipantRequest,
    PerformRpcRequest,
    SendDataRequest,
)

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.services.participants.messages import MAX_DATA
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import origin, post_form, submit
from tests.html import Page
from tests.routes.site import HOSTILE_IDENTITIES, fill

DATA = "/rooms/standup/data"
ANA = "/rooms/standup/participants/ana"


@pytest.fixture(autouse=True)
async def _filled(world: World) -> None:
    fill(world)


async def _follow(client: httpx.AsyncClient, answer: httpx.Response) -> Page:
    assert answer.status_code == 303, Page(answer.text).main
    return Page((await client.get(answer.headers["Location"])).text)


# -- data ------------------------------------------------------------------------------------------------


async def test_data_for_everyone(client: httpx.AsyncClient, world: World) -> None:
    page = await _follow(client, await submit(client, DATA, DATA, payload="first\r\nsecond", topic="chat"))
    assert "Sent 12 B to everyone in the room" in page.text
    sent = [request for _, request in world.requests if isinstance(request, SendDataRequest)]
    assert len(sent[0].nonce) == 16
    sent[0].nonce = b""
    assert sent == [
        SendDataRequest(room="standup", data=b"first\nsecond", topic="chat", kind=DataPacket.RELIABLE)
    ]


async def test_lossy_data_for_some(client: httpx.AsyncClient, world: World) -> None:
    for name in HOSTILE_IDENTITIES.values():
        world.rooms["standup"].max_participants = 0
        world.join("standup", name)
    names = list(HOSTILE_IDENTITIES.values())
    offered = {value for name, value in _choices(await client.get(DATA)) if name == "to"}
    segments = [encode_name(name) for name in names]
    assert set(segments) <= offered
    page = await _follow(client, await submit(client, DATA, DATA, payload="x", how="lossy", to=segments))
    assert f"Sent 1 B to {len(names)} participants" in page.text
    sent = [request for _, request in world.requests if isinstance(request, SendDataRequest)]
    assert list(sent[0].destination_identities) == names
    assert sent[0].kind == DataPacket.LOSSY


def _choices(answer: httpx.Response) -> list[tuple[str, str]]:
    inputs = Page(answer.text).all("input")
    return [(element.attributes.get("name", ""), element.attributes.get("value", "")) for element in inputs]


async def test_who_has_left_meanwhile_is_said(client: httpx.AsyncClient, world: World) -> None:
    """LiveKit itself takes them without a word."""
    answer = await submit(client, DATA, DATA, payload="x", to=["ana", "gone"])
    page = await _follow(client, answer)
    assert "1 of them has left meanwhile" in page.text


async def test_with_htmx_the_form_stays(client: httpx.AsyncClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"{origin(client)}{DATA}"}
    answer = await post_form(client, DATA, {"payload": "x", "how": "reliable"}, headers=headers)
    assert answer.status_code == 200
    assert "Sent 1 B" in Page(answer.text).text
    headers |= {"HX-Request-Type": "partial", "HX-Target": "main#main"}
    wrong = await post_form(client, DATA, {"payload": "", "how": "reliable"}, headers=headers)
    assert wrong.status_code == 422
    assert not Page(wrong.text).all("html")


async def test_a_room_that_is_not_open_is_a_404_at_once(client: httpx.AsyncClient, world: World) -> None:
    world.no_response_after = 60
    assert (await client.get("/rooms/nowhere/data")).status_code == 404
    answer = await post_form(client, "/rooms/nowhere/data", {"payload": "x", "how": "reliable"})
    assert answer.status_code == 404
    page = Page(answer.text)
    assert "no open room of that name" in page.main
    assert dict(page.form("/rooms/nowhere/data").fields)["payload"] == "x"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"payload": ""}, "nothing to send"),
        ({"payload": "x" * (MAX_DATA + 1)}, "allows 255 KiB"),
        ({"topic": "ä" * 129}, "allows 256 bytes"),
        ({"how": "by pigeon"}, "Not a valid choice"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_wrong_is_said_and_nothing_is_sent(
    changes: dict[str, str], words: str, client: httpx.AsyncClient, world: World
) -> None:
    entries = {"payload": "typed", "topic": "chat", "to": "ana"} | changes
    answer = await submit(client, DATA, DATA, **entries)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert "Nothing was sent" in page.main
    kept = page.form(DATA).fields
    assert ("to", "ana") in kept
    assert dict(kept)["payload"] == entries["payload"]
    assert dict(kept)["topic"] == entries["topic"]
    assert "RoomService/SendData" not in world.calls


async def test_an_outage_keeps_the_entries(client: httpx.AsyncClient, world: World) -> None:
    fields = dict(Page((await client.get(DATA)).text).form(DATA).fields)
    world.faults.add(Fault("refuse", match="RoomService/SendData"))
    answer = await client.post(DATA, data=fields | {"payload": "typed for an hour"})
    assert answer.status_code == 502
    assert dict(Page(answer.text).form(DATA).fields)["payload"] == "typed for an hour"


# -- remote procedure calls --------------------------------------------------------------------------------


async def test_the_apps_answer_is_shown(client: httpx.AsyncClient, world: World) -> None:
    world.on_rpc("standup", "ana", "greet", lambda payload: f"<b>hello {payload}</b>")
    answer = await submit(client, f"{ANA}/rpc", "", method="greet", payload="bob", seconds="7")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert "<b>hello bob</b>" in page.main
    request = next(request for _, request in world.requests if isinstance(request, PerformRpcRequest))
    assert request == PerformRpcRequest(
        room="standup",
        destination_identity="ana",
        method="greet",
        payload="bob",
        response_timeout_ms=7000,
    )
    # The entries stay, for the next one.
    assert dict(page.form("").fields)["payload"] == "bob"


async def test_a_method_that_nobody_has_registered_is_a_sentence(client: httpx.AsyncClient) -> None:
    answer = await submit(client, f"{ANA}/rpc", "", method="dance {0} {payload}")
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "has registered a method “dance {0} {payload}”" in page.main
    assert "RPC error 1400: Method not supported at destination" in page.main
    assert "twirp error" not in page.main


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("canceled", "RpcError 1502: Response timeout", "took longer than the time limit"),
        ("internal", "RpcError 1500: Application error in method handler", "failed while handling the call"),
        ("internal", "RpcError 4242: my own: {data}", "RPC error 4242: my own: {data}"),
        ("internal", "RpcError 1504: Response payload too large", "larger than 15 KiB"),
    ],
)
async def test_what_the_app_says_against_it_is_told(
    code: str, message: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    """The real server answers so, with these codes."""
    fault = Fault(
        "error", match="RoomService/PerformRpc", code=code, message=f"twirp error unknown: {message}"
    )
    world.faults.add(fault)
    answer = await submit(client, f"{ANA}/rpc", "", method="greet")
    assert answer.status_code == 409
    assert words in Page(answer.text).main


async def test_someone_who_has_left_is_told_at_once(client: httpx.AsyncClient, world: World) -> None:
    world.no_response_after = 60
    path = "/rooms/standup/participants/gone/rpc"
    answer = await post_form(client, path, {"method": "greet", "payload": "typed"})
    page = Page(answer.text)
    assert answer.status_code == 404
    assert "participant does not exist" in page.main
    assert dict(page.form("").fields)["payload"] == "typed"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"method": ""}, "Say which method"),
        ({"payload": "ä" * 7681}, "allows 15 KiB"),
        ({"seconds": "0"}, "from 1 to 60"),
        ({"seconds": "61"}, "from 1 to 60"),
        ({"seconds": "soon"}, "whole number"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_call_that_can_not_be_made_is_not_made(
    changes: dict[str, str], words: str, client: httpx.AsyncClient, world: World
) -> None:
    entries = {"method": "greet", "payload": "typed", "seconds": "5"} | changes
    answer = await submit(client, f"{ANA}/rpc", "", **entries)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    kept = dict(page.form("").fields)
    assert {name: kept[name] for name in entries} == entries
    assert "RoomService/PerformRpc" not in world.calls


# -- elsewhere ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["move", "forward"])
async def test_what_a_server_of_ones_own_does_not_do_is_said_by_the_server(
    verb: str, client: httpx.AsyncClient, world: World
) -> None:
    page = Page((await client.get(f"{ANA}/{verb}")).text)
    assert "LiveKit 1.13 answers “not implemented”" in page.main
    answer = await submit(client, f"{ANA}/{verb}", "", destination="lounge")
    page = Page(answer.text)
    assert answer.status_code == 501
    assert "LiveKit says: not implemented" in page.main
    assert "The participant stays in this room" in page.main
    assert dict(page.form("").fields)["destination"] == "lounge"
    kind = MoveParticipantRequest if verb == "move" else ForwardParticipantRequest
    sent = [request for _, request in world.requests if isinstance(request, kind)]
    assert sent == [kind(room="standup", identity="ana", destination_room="lounge")]


@pytest.mark.parametrize("verb", ["move", "forward"])
@pytest.mark.parametrize(
    ("destination", "words"),
    [("", "Say which room"), ("standup", "room they are in"), ("ä" * 129, "allows 256 bytes")],
    ids=lambda value: value[:10],
)
async def test_a_way_to_nowhere_is_not_taken(
    verb: str, destination: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await submit(client, f"{ANA}/{verb}", "", destination=destination)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert dict(page.form("").fields)["destination"] == destination
    assert not [call for call in world.calls if call.endswith(("MoveParticipant", "ForwardParticipant"))]
