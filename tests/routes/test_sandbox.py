"""Tokens: made for what was asked and nothing else, and taken apart again."""

import base64
import json
import time
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from livekit import api

from livekit_dashboard.simulator import World
from tests.claims import dated
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.livekit_server import Simulator
from tests.routes.conftest import Browse

ASKED = {"room": "standup", "identity": "ana"}


def _token(answer: httpx.Response) -> str:
    assert answer.status_code == 200, Page(answer.text).main
    copied = [element["data-copy"] for element in Page(answer.text).elements if "data-copy" in element]
    return next(text for text in copied if text.startswith("eyJ"))


def _claims(answer: httpx.Response, simulator: Simulator) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        _token(answer), simulator.api_secret, ["HS256"], issuer=simulator.api_key
    )
    return claims


async def test_room_and_identity_are_enough(
    client: httpx.AsyncClient, simulator: Simulator, world: World
) -> None:
    """What LiveKit's SDKs take for granted is given: join, publish, subscribe, send data; for six hours."""
    answer = await post_form(client, "/sandbox", ASKED)
    token = api.TokenVerifier(simulator.api_key, simulator.api_secret).verify(_token(answer))
    assert token.identity == "ana"
    assert token.video == api.VideoGrants(
        room_join=True, room="standup", can_publish=True, can_subscribe=True, can_publish_data=True
    )
    claims = _claims(answer, simulator)
    assert claims["exp"] - time.time() == pytest.approx(6 * 3600, abs=30)
    assert not world.calls


async def test_the_form_as_it_stands_makes_the_same(client: httpx.AsyncClient, simulator: Simulator) -> None:
    posted = _claims(await post_form(client, "/sandbox", ASKED), simulator)
    sent = _claims(await submit(client, "/sandbox?room=standup&identity=ana", "/sandbox"), simulator)
    assert sent["video"] == posted["video"]
    assert sent["sub"] == posted["sub"]


async def test_exactly_what_was_ticked_is_granted(client: httpx.AsyncClient, simulator: Simulator) -> None:
    asked = {
        **ASKED,
        "name": "Ana 🎧",
        "ttl": "90",
        "unit": "minutes",
        "grants": ["room_join", "can_subscribe", "hidden", "room_admin", "agent"],
        "sources": ["microphone", "screen_share"],
        "destination_room": "lobby",
        "sip_call": "y",
        "kind": "agent",
        "metadata": "line\r\nline",
        "attributes": '{"role": "host"}',
        "room_preset": "big",
        "room_config": '{"agents": [{"agent_name": "notes"}], "max_participants": 3}',
    }
    claims = _claims(await post_form(client, "/sandbox", asked), simulator)
    assert claims.pop("exp") - time.time() == pytest.approx(90 * 60, abs=30)
    assert claims.pop("nbf") == pytest.approx(time.time(), abs=30)
    assert claims == {
        "iss": simulator.api_key,
        "sub": "ana",
        "name": "Ana 🎧",
        "kind": "agent",
        "metadata": "line\nline",
        "attributes": {"role": "host"},
        "roomPreset": "big",
        "roomConfig": {"agents": [{"agentName": "notes"}], "maxParticipants": 3},
        "sip": {"admin": False, "call": True},
        "video": {
            "roomJoin": True,
            "roomAdmin": True,
            "room": "standup",
            "destinationRoom": "lobby",
            "canPublish": False,
            "canSubscribe": True,
            "canPublishData": False,
            "canPublishSources": ["microphone", "screen_share"],
            "hidden": True,
            "agent": True,
        },
    }


async def test_nothing_ticked_grants_nothing(client: httpx.AsyncClient, simulator: Simulator) -> None:
    claims = _claims(await post_form(client, "/sandbox", {"grants": "", "ttl": "1"}), simulator)
    assert not any(value for key, value in claims["video"].items() if key != "room")


async def test_livekit_takes_the_token(client: httpx.AsyncClient, simulator: Simulator) -> None:
    token = _token(await post_form(client, "/sandbox", ASKED))
    async with httpx.AsyncClient(trust_env=False) as livekit:
        answer = await livekit.get(f"{simulator.url}/rtc/validate", params={"access_token": token})
    assert (answer.status_code, answer.text) == (200, "success")


async def test_the_link_to_join_carries_server_and_token(
    client: httpx.AsyncClient, simulator: Simulator
) -> None:
    answer = await post_form(client, "/sandbox", ASKED)
    link = next(link for link in Page(answer.text).links() if link.text == "Join with it")
    query = httpx.URL(link.href).params
    assert query["token"] == _token(answer)
    assert query["liveKitUrl"] == simulator.url.replace("http", "ws")


async def test_there_is_no_link_without_a_site_or_without_the_right_to_join(browse: Browse) -> None:
    none = await browse(join_link="-")
    assert "Join with it" not in (await post_form(none, "/sandbox", ASKED)).text
    some = await browse()
    assert "Join with it" not in (await post_form(some, "/sandbox", {"grants": "room_list"})).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("identity", "", "needs an identity"),
        ("room", "", "which room to join"),
        ("identity", "ä" * 129, "256 bytes"),
        ("room", "ä" * 129, "256 bytes"),
        ("name", "ä" * 129, "256 bytes"),
        ("ttl", "", "how long"),
        ("ttl", "0", "Give a number from 1 to 366."),
        ("ttl", "367", "Give a number from 1 to 366."),
        ("ttl", "soon", "whole number"),
        ("unit", "eons", "another look. No token was made. Unit"),
        ("kind", "robot", "another look. No token was made. Kind"),
        ("grants", "everything", "another look. No token was made. Grants"),
        ("sources", "mind", "another look. No token was made. May publish only"),
        ("attributes", '{"a": 1}', "in quotes"),
        ("room_config", '{"rooms": 1}', "no such field"),
        ("room_config", '{"agents": [null]}', "no such field"),
    ],
    ids=lambda text: text[:20],
)
async def test_what_is_wrong_is_said_and_no_token_is_made(
    field: str, value: str, words: str, client: httpx.AsyncClient
) -> None:
    answer = await post_form(client, "/sandbox", {**ASKED, "unit": "days", "ttl": "1", field: value})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.text
    assert "No token was made" in page.main
    assert "eyJ" not in answer.text


def _signed(simulator: Simulator, secret: str = "", **claims: Any) -> str:
    times = {"nbf": timedelta(seconds=-5), "exp": timedelta(minutes=10)}
    standard = {
        "iss": simulator.api_key,
        "sub": "ana",
        **times,
        "video": {"roomJoin": True, "room": "standup"},
    }
    payload = dated({**standard, **claims})
    # PyJWS signs anything; PyJWT would look at the claims first.
    return jwt.PyJWS().encode(json.dumps(payload).encode(), secret or simulator.api_secret, "HS256")


def _unsigned(header: bytes, claims: bytes) -> str:
    parts = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (header, claims))
    return ".".join([*parts, ""])


async def _decoded(client: httpx.AsyncClient, token: str) -> Page:
    answer = await post_form(client, "/sandbox/decode", {"token": token})
    assert answer.status_code == 200
    return Page(answer.text)


async def test_a_good_token_is_taken_apart(client: httpx.AsyncClient, simulator: Simulator) -> None:
    page = await _decoded(client, f"\n {_signed(simulator)}\n")
    assert "LiveKit would take it" in page.main
    assert "Made with this dashboard’s key and secret" in page.main
    for word in ("ana", "standup", "Join the room", "Publish tracks", "Send data", "in 9 min"):
        assert word in page.main


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"secret": "x" * 40}, "signature was not made"),
        ({"exp": timedelta(seconds=-120)}, "It has expired"),
        ({"nbf": timedelta(days=1)}, "not valid yet"),
        ({"iss": "APIother"}, "names another API key: APIother"),
        ({"iss": None}, "names no API key"),
        ({"exp": None}, "no expiry"),
        ({"exp": "tomorrow"}, "would refuse"),
        ({"exp": [1]}, "would refuse"),
        ({"exp": float("inf")}, "would refuse"),
        ({"exp": float("nan")}, "would refuse"),
        ({"nbf": {}}, "would refuse"),
        ({"sub": 5}, "would refuse"),
    ],
    ids=str,
)
async def test_what_is_wrong_with_a_token_is_named(
    claims: dict[str, Any], words: str, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    page = await _decoded(client, _signed(simulator, **claims))
    assert "LiveKit would refuse it" in page.main
    assert words in page.main


@pytest.mark.parametrize("algorithm", ["none", "None", "HS384", "RS256", "x"])
async def test_no_other_algorithm_is_trusted(
    algorithm: str, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    claims = {"iss": simulator.api_key, "sub": "ana", "exp": int(time.time()) + 600}
    page = await _decoded(
        client, _unsigned(json.dumps({"alg": algorithm}).encode(), json.dumps(claims).encode())
    )
    assert "LiveKit would refuse it" in page.main
    assert "Not made with this dashboard’s key and secret" in page.main


@pytest.mark.parametrize(
    "claims",
    [
        {"video": "all"},
        {"video": {"room": {"a": 1}, "canPublishSources": "camera", "roomJoin": "yes"}},
        {"video": {"canPublishSources": [1, None]}, "sip": ["admin"]},
        {"sub": "\ud800", "video": {"room": "\udfff"}, "iss": "\ud800"},
        {"iat": "yesterday", "nbf": -1e300, "exp": 10**30},
        {"aud": "someone", "attributes": "<script>alert(1)</script>"},
    ],
    ids=str,
)
async def test_odd_claims_break_nothing(
    claims: dict[str, Any], client: httpx.AsyncClient, simulator: Simulator
) -> None:
    page = await _decoded(client, _signed(simulator, **claims))
    assert not [script for script in page.all("script") if "src" not in script]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage",
        "a.b.c",
        "..",
        "💥",
        _unsigned(b'{"alg": "HS256"}', b"[]"),
        _unsigned(b'{"alg": "HS256"}', b"null"),
        _unsigned(b'{"alg": "HS256"}', b"\xff"),
        _unsigned(b'{"alg": "HS256"}', b'{"deep":' + b"[" * 20000 + b"]" * 20000 + b"}"),
        _unsigned(b"[" * 20000, b"{}"),
        "x" * (64 * 1024 + 1),
    ],
    ids=lambda token: token[:20],
)
async def test_what_is_no_token_is_said_to_be_none(token: str, client: httpx.AsyncClient) -> None:
    answer = await post_form(client, "/sandbox/decode", {"token": token})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert "another look" in page.main
    assert "LiveKit would" not in page.main
