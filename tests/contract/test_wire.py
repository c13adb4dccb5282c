"""The wire: paths, verbs, content types and bodies, seen without the SDK."""

import json

import aiohttp
import pytest

from tests.contract.backends import Backend

LIST = "RoomService/ListRooms"
ROUTE = "/twirp/livekit."


def _bad_route(message: str, route: str) -> dict[str, object]:
    return {"code": "bad_route", "msg": message, "meta": {"twirp_invalid_route": route}}


async def test_health(backend: Backend) -> None:
    assert await backend.get("/") == (200, "OK")


@pytest.mark.parametrize("path", ["/nothing", "/settings/regions", "/twirp/livekit.Nothing/Here", "/agent/x"])
async def test_unknown_paths(backend: Backend, path: str) -> None:
    assert await backend.get(path) == (404, "404 page not found\n")


@pytest.mark.parametrize("path", ["/rtc", "/agent"])
async def test_websocket_paths_without_an_upgrade(backend: Backend, path: str) -> None:
    assert await backend.get(path) == (404, "")


async def test_a_service_that_self_hosted_servers_lack(backend: Backend) -> None:
    status, _, body = await backend.post("Connector/DialWhatsAppCall", "{}", token=backend.token())
    assert (status, body) == (404, b"404 page not found\n")


async def test_an_unknown_method_is_named_even_without_a_token(backend: Backend) -> None:
    status, kind, body = await backend.post("RoomService/Nothing", "{}")
    path = f"{ROUTE}RoomService/Nothing"
    assert (status, kind) == (404, "application/json")
    assert json.loads(body) == _bad_route(f'no handler for path "{path}"', f"POST {path}")


async def test_only_post_is_taken(backend: Backend) -> None:
    async with backend.http.get(f"{backend.url}{ROUTE}{LIST}") as answer:
        expected = _bad_route('unsupported method "GET" (only POST is allowed)', f"GET {ROUTE}{LIST}")
        assert (answer.status, await answer.json()) == (404, expected)


async def test_content_types_other_than_twirps_are_refused(backend: Backend) -> None:
    status, _, body = await backend.post(LIST, "{}", Content_Type="text/plain")
    assert status == 404
    assert json.loads(body) == _bad_route('unexpected Content-Type: "text/plain"', f"POST {ROUTE}{LIST}")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
async def test_content_types_that_pass(backend: Backend, kind: str) -> None:
    status, answered, _ = await backend.post(
        LIST, "{}", token=backend.token({"roomList": True}), Content_Type=kind
    )
    assert (status, answered) == (200, "application/json")


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"names": "a"}', '{"names": [1]}'])
async def test_json_that_does_not_decode(backend: Backend, body: str) -> None:
    status, _, answer = await backend.post(LIST, body)
    assert status == 400
    assert json.loads(answer) == {"code": "malformed", "msg": "the json request could not be decoded"}


@pytest.mark.parametrize("body", ["{}", '{"nothing": 1}', "{} and more"])
async def test_json_that_decodes(backend: Backend, body: str) -> None:
    status, _, _ = await backend.post(LIST, body, token=backend.token({"roomList": True}))
    assert status == 200


@pytest.mark.parametrize("body", [b"\xff\xff", b"\x0a\x01\xff"], ids=["wire format", "not UTF-8"])
async def test_protobuf_that_does_not_decode(backend: Backend, body: bytes) -> None:
    status, kind, answer = await backend.post(LIST, body, Content_Type="application/protobuf")
    assert (status, kind) == (400, "application/json")
    assert json.loads(answer) == {"code": "malformed", "msg": "the protobuf request could not be decoded"}


async def test_json_answers_spell_everything_out(backend: Backend, room: str) -> None:
    """Snake case, 64-bit numbers as text, empty fields present; camel case is taken too."""
    request = json.dumps({"name": room, "emptyTimeout": 7, "metadata": "é <&>"})
    status, _, body = await backend.post(
        "RoomService/CreateRoom", request, token=backend.token({"roomCreate": True})
    )
    answer = json.loads(body)
    assert status == 200
    assert isinstance(answer["creation_time_ms"], str)
    assert answer["enabled_codecs"][0] == {"mime": "audio/PCMU", "fmtp_line": ""}
    chosen = ("name", "empty_timeout", "metadata", "num_participants", "active_recording")
    assert [answer[key] for key in chosen] == [room, 7, "é <&>", 0, False]


async def test_participants_in_json(backend: Backend, room: str) -> None:
    await backend.join(room, "ada", attributes={"role": "host"})
    token = backend.token({"roomAdmin": True, "room": room})
    _, _, body = await backend.post("RoomService/ListParticipants", json.dumps({"room": room}), token=token)
    (person,) = json.loads(body)["participants"]
    assert (person["state"], person["kind"], person["attributes"]) == ("ACTIVE", "STANDARD", {"role": "host"})
    assert person["permission"]["can_publish_sources"] == []
    assert person["permission"]["hidden"] is False


async def test_two_leading_slashes_are_one(backend: Backend) -> None:
    async with backend.http.post(
        f"{backend.url}/{ROUTE}{LIST}",
        json={},
        headers={"Authorization": f"Bearer {backend.token({'roomList': True})}"},
    ) as answer:
        assert answer.status == 200


async def test_browsers_may_ask_whether_a_token_would_do(backend: Backend) -> None:
    async with backend.http.get(
        f"{backend.url}/rtc/validate", headers={"Origin": "https://dashboard.example"}
    ) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


async def test_connections_are_kept(backend: Backend) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as session:
        for _ in range(3):
            async with session.get(backend.url) as answer:
                assert answer.headers.get("Connection") != "close"
