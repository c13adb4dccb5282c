"""POST /token and GET /health, in the documented shape and in LiveKit's standard one."""

import asyncio
import json
import re
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest

from livekit_dashboard.token_server import http
from tests.token_server.served import API_KEY, API_SECRET, ASK, URL, served

BOTH_SHAPES = {"token", "url", "expires_at", "server_url", "participant_token"}


def claims(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = jwt.decode(answer.json()["token"], API_SECRET, ["HS256"], issuer=API_KEY)
    return found


def fields(answer: httpx.Response) -> dict[str, str]:
    """The fields that are wrong, and the code of each."""
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "invalid_request"
    return {wrong["field"]: wrong["code"] for wrong in answer.json()["fields"]}


async def test_the_documented_request(client: httpx.AsyncClient) -> None:
    before = int(time.time())
    answer = await client.post("/token", json={**ASK, "metadata": '{"role": "participant"}'})
    token = claims(answer)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["url"] == URL
    assert token["sub"] == token["name"] == "user-456"
    assert token["metadata"] == '{"role": "participant"}'
    assert token["video"] == {
        "roomJoin": True,
        "room": "appointment-test-123",
        "canPublish": True,
        "canSubscribe": True,
        "canPublishData": True,
    }
    assert token["exp"] - token["nbf"] == 24 * 3600
    assert before <= token["nbf"] <= time.time()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.json()["expires_at"])
    assert datetime.fromisoformat(answer.json()["expires_at"]) == datetime.fromtimestamp(token["exp"], UTC)


async def test_one_answer_carries_both_shapes(client: httpx.AsyncClient) -> None:
    body = (await client.post("/token", json=ASK)).json()
    assert body.keys() == BOTH_SHAPES
    assert body["token"] == body["participant_token"]
    assert body["url"] == body["server_url"]


async def test_the_standard_request(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/token",
        json={
            "room_name": "r",
            "participant_identity": "who",
            "participant_name": "Ada Lovelace",
            "participant_metadata": "m",
            "participant_attributes": {"language": "en"},
            "room_config": {"agents": [{"agent_name": "a", "metadata": "am"}]},
        },
    )
    token = claims(answer)
    assert (token["sub"], token["name"], token["metadata"]) == ("who", "Ada Lovelace", "m")
    assert token["attributes"] == {"language": "en"}
    assert token["roomConfig"] == {"agents": [{"agentName": "a", "metadata": "am"}]}


async def test_null_stands_for_a_field_that_is_not_there(client: httpx.AsyncClient) -> None:
    optional = (
        "metadata",
        "participant_identity",
        "participant_metadata",
        "participant_attributes",
        "room_config",
    )
    token = claims(await client.post("/token", json={**ASK, **dict.fromkeys(optional)}))
    assert set(token) == {"name", "video", "sub", "iss", "nbf", "exp"}


async def test_agents_in_the_other_spelling_of_protobuf(client: httpx.AsyncClient) -> None:
    ask = {**ASK, "room_config": {"agents": [{"agentName": "a", "metadata": None}]}}
    assert claims(await client.post("/token", json=ask))["roomConfig"] == {"agents": [{"agentName": "a"}]}


async def test_health(client: httpx.AsyncClient) -> None:
    answer = await client.get("/health")
    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["status", "service", "timestamp"]
    assert (body["status"], body["service"]) == ("healthy", "livekit-token-server")
    assert body["timestamp"].endswith("Z")
    assert abs(datetime.fromisoformat(body["timestamp"]).timestamp() - time.time()) < 5
    assert (await client.head("/health")).status_code == 200


async def test_every_wrong_field_at_once(client: httpx.AsyncClient) -> None:
    ask = {
        "room_name": "no spaces!",
        "metadata": 5,
        "participant_metadata": "m",
        "participant_attributes": {"a": 1},
        "room_config": {"agents": [{"agent_name": ["x"]}], "egress": {"room": {}}},
        "ttl": 3600,
        "room_admin": True,
    }
    answer = await client.post("/token", json=ask)
    assert fields(answer) == {
        "room_name": "pattern",
        "metadata": "type",
        "participant_attributes.a": "type",
        "room_config.agents.0.agent_name": "type",
        "room_config.egress": "not_allowed",
        "ttl": "not_allowed",
        "room_admin": "not_allowed",
        "participant_metadata": "conflict",
        "participant_name": "required",
    }
    assert all(wrong["message"] in answer.json()["message"] for wrong in answer.json()["fields"])


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"room_name": None}, "room_name", "type"),
        ({"room_name": ""}, "room_name", "too_short"),
        ({"room_name": "r" * 129}, "room_name", "too_long"),
        ({"room_name": "a/b"}, "room_name", "pattern"),
        ({"room_name": "a\n"}, "room_name", "pattern"),
        ({"participant_name": ""}, "participant_name", "too_short"),
        ({"participant_name": None}, "participant_name", "required"),
        ({"participant_name": "n" * 257}, "participant_name", "too_long"),
        ({"participant_name": "é" * 129}, "participant_name", "too_long"),
        ({"participant_identity": "é" * 129}, "participant_identity", "too_long"),
        ({"metadata": "é" * 262_145}, "metadata", "too_long"),
        ({"metadata": {"role": "x"}}, "metadata", "type"),
        ({"participant_attributes": {"k": "v" * 65_536}}, "participant_attributes", "too_long"),
        ({"participant_attributes": ["k"]}, "participant_attributes", "type"),
        ({"room_config": {"agents": [{}] * 17}}, "room_config.agents", "too_long"),
        ({"room_config": {"max_participants": 2}}, "room_config.max_participants", "not_allowed"),
        (
            {"room_config": {"agents": [{"restart_policy": 1}]}},
            "room_config.agents.0.restart_policy",
            "not_allowed",
        ),
        ({"grants": {"roomAdmin": True}}, "grants", "not_allowed"),
        ({"x" * 500: 1}, "x" * 64, "not_allowed"),
    ],
)
async def test_a_field_that_is_wrong(
    client: httpx.AsyncClient, change: dict[str, Any], field: str, code: str
) -> None:
    assert fields(await client.post("/token", json={**ASK, **change})) == {field: code}


@pytest.mark.parametrize(
    "change",
    [
        {"room_name": "r" * 128},
        {"participant_name": "é" * 128},
        {"participant_identity": "𝄞" * 64},
        {"metadata": "m" * 524_288},
        {"participant_attributes": {"k": "v" * 65_535}},
    ],
)
async def test_the_largest_that_is_allowed(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    answer = await client.post(
        "/token", content=json.dumps({**ASK, **change}, ensure_ascii=False), headers=JSON
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": "é" * 262_144},
        {"metadata": "m" * 500_000, "room_config": {"agents": [{"metadata": "m" * 300_000}]}},
    ],
)
async def test_a_token_that_livekit_would_not_read(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    """Each field is within its own limit; test_join.py has the server's side of it."""
    answer = await client.post(
        "/token", content=json.dumps({**ASK, **change}, ensure_ascii=False), headers=JSON
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "token_too_long")


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"room_name=r", b'{"room_name": "\xff"}', b'{"room_name": "\\ud800"}']
)
async def test_what_is_not_json(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/token", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"7"])
async def test_json_that_is_not_an_object(client: httpx.AsyncClient, body: bytes) -> None:
    assert fields(await client.post("/token", content=body, headers=JSON)) == {"": "type"}


@pytest.mark.parametrize(
    "kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
async def test_only_what_is_called_json(client: httpx.AsyncClient, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = await client.post("/token", content=json.dumps(ASK), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_json_with_a_charset(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert (await client.post("/token", content=json.dumps(ASK), headers=headers)).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large(chunked: bool) -> None:
    body = json.dumps({**ASK, "metadata": "m" * 2000}).encode()

    async def pieces() -> Any:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]
            await asyncio.sleep(0)

    async with served(token_server_max_body_bytes=1000) as client:
        answer = await client.post("/token", content=pieces() if chunked else body, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        small = json.dumps(ASK).encode()
        assert (await client.post("/token", content=small, headers=JSON)).status_code == 200


async def test_a_body_that_comes_in_pieces(client: httpx.AsyncClient) -> None:
    async def pieces() -> Any:
        for byte in json.dumps(ASK).encode():
            yield bytes([byte])
            await asyncio.sleep(0)

    assert (await client.post("/token", content=pieces(), headers=JSON)).status_code == 200


HEADERS = b"POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "start",
    [
        b"Content-Length: 50\r\n\r\n",
        b"Content-Length: 50\r\n\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ],
    ids=["nothing", "a piece", "a chunk"],
)
async def test_a_body_that_never_comes(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(http, "BODY_TIMEOUT", 0.2)
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(HEADERS + start)
    async with asyncio.timeout(10):
        answer = await reader.readuntil(b"}")
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"body_timeout" in answer


async def test_a_body_that_comes_after_its_headers(client: httpx.AsyncClient) -> None:
    body = json.dumps(ASK).encode()
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(HEADERS + b"Content-Length: %d\r\n\r\n" % len(body))
    # The server is waiting for it when it comes.
    await asyncio.sleep(0.1)
    writer.write(body)
    async with asyncio.timeout(10):
        answer = await reader.readuntil(b"}")
    writer.close()
    await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 200 ")


async def test_who_leaves_before_the_body_is_forgotten(client: httpx.AsyncClient) -> None:
    before = len(asyncio.all_tasks())
    _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    writer.write(HEADERS + b"Content-Length: 50\r\n\r\n")
    await asyncio.sleep(0.1)
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) > before:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/token", 405, "method_not_allowed"),
        ("PUT", "/token", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
        ("GET", "/nothing", 404, "not_found"),
        ("POST", "/token/", 404, "not_found"),
        ("GET", "/metrics", 404, "not_found"),
    ],
)
async def test_other_paths_and_methods(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path, json=ASK)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("allow" in answer.headers) is (status == 405)


async def test_settings_shape_the_answer() -> None:
    async with served(
        livekit_url="http://livekit:7880",
        livekit_public_url="https://live.example.com",
        token_expiry_hours=0.25,
        token_server_room_pattern="(lobby|room [0-9]+)",
        token_server_room_max_length=7,
    ) as client:
        answer = await client.post("/token", json={**ASK, "room_name": "room 12"})
        assert claims(answer)["exp"] - claims(answer)["nbf"] == 900
        assert answer.json()["url"] == "wss://live.example.com"
        assert fields(await client.post("/token", json={**ASK, "room_name": "lobbyist"})) == {
            "room_name": "too_long"
        }
        assert fields(await client.post("/token", json={**ASK, "room_name": "hall"})) == {
            "room_name": "pattern"
        }


async def test_names_are_made_up_only_when_the_settings_say_so(client: httpx.AsyncClient) -> None:
    assert fields(await client.post("/token", json={})) == {
        "room_name": "required",
        "participant_name": "required",
    }
    async with served(token_server_generate_names=True) as generous:
        first, second = [claims(await generous.post("/token", json={})) for _ in range(2)]
    assert re.fullmatch(r"user-[0-9a-f]{16}", first["sub"])
    assert re.fullmatch(r"room-[0-9a-f]{16}", first["video"]["room"])
    assert first["sub"] != second["sub"]
    assert first["video"]["room"] != second["video"]["room"]


async def test_a_request_made_of_mistakes_costs_little(client: httpx.AsyncClient) -> None:
    for ask in (
        {f"k{number}": 0 for number in range(70_000)},
        {**ASK, "participant_attributes": dict.fromkeys(map(str, range(70_000)), 0)},
    ):
        answer = await client.post("/token", json=ask)
        assert answer.status_code == 422
        assert answer.json() == {"code": "invalid_request", "message": "More than 100 fields are invalid."}
