"""Tokens: made for what was asked and nothing else, and taken apart again."""

import base64
import json
import random
import time
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from livekit import api

from livekit_dashboard.forms.tokens.tokens import PRESETS
from livekit_dashboard.simulator import World
from tests.claims import dated
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.livekit_server import Simulator
from tests.routes.conftest import Browse

ASKED = {"room": "standup", "identity": "ana"}


async def _mint(client: httpx.AsyncClient, data: Any) -> httpx.Response:
    """Sends the form, and gives the page that shows the token."""
    return await _shown(client, await post_form(client, "/sandbox", data))


async def _shown(client: httpx.AsyncClient, answer: httpx.Response) -> httpx.Response:
    assert answer.status_code == 303, Page(answer.text).main
    assert answer.headers["location"] == "/sandbox"
    return await client.get("/sandbox")


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
    answer = await _mint(client, ASKED)
    token = api.TokenVerifier(simulator.api_key, simulator.api_secret).verify(_token(answer))
    assert token.identity == "ana"
    assert token.video == api.VideoGrants(
        room_join=True, room="standup", can_publish=True, can_subscribe=True, can_publish_data=True
    )
    claims = _claims(answer, simulator)
    assert claims["exp"] - time.time() == pytest.approx(6 * 3600, abs=30)
    assert not world.calls


async def test_the_form_as_it_stands_makes_the_same(client: httpx.AsyncClient, simulator: Simulator) -> None:
    posted = _claims(await _mint(client, ASKED), simulator)
    sent = _claims(
        await _shown(client, await submit(client, "/sandbox?room=standup&identity=ana", "/sandbox")),
        simulator,
    )
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
    claims = _claims(await _mint(client, asked), simulator)
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
    claims = _claims(await _mint(client, {"grants": "", "ttl": "1"}), simulator)
    assert not any(value for key, value in claims["video"].items() if key != "room")


async def test_refreshing_the_page_makes_no_other_token(client: httpx.AsyncClient) -> None:
    first = await _mint(client, ASKED)
    assert _token(first)
    assert "no-store" in first.headers["cache-control"]
    again = await client.get("/sandbox")
    assert "eyJ" not in again.text


async def test_the_token_is_kept_from_other_pages_and_scripts(client: httpx.AsyncClient) -> None:
    answer = await post_form(client, "/sandbox", ASKED)
    (cookie,) = [value for value in answer.headers.get_list("set-cookie") if value.startswith("once-")]
    for part in ("HttpOnly", "Path=/sandbox", "SameSite=strict", "Max-Age=60"):
        assert part in cookie
    assert "eyJ" not in answer.headers["location"]


async def test_a_token_too_long_for_a_cookie_is_in_the_answer(client: httpx.AsyncClient) -> None:
    noise = random.Random(1).randbytes(3000).hex()  # Compresses to half at most.
    answer = await post_form(client, "/sandbox", {**ASKED, "metadata": noise})
    assert answer.status_code == 200
    assert _token(answer)


@pytest.mark.parametrize("preset", PRESETS)
async def test_a_preset_fills_in_the_form_with_a_token_that_livekit_accepts(
    preset: str, client: httpx.AsyncClient
) -> None:
    sent = await submit(client, f"/sandbox?preset={preset}&room=standup", "/sandbox")
    token = _token(await _shown(client, sent))
    page = await _decoded(client, token)
    assert _verdicts(page) == ["accepted"]
    assert ("Join the room" in page.main) == (preset != "backend")


async def test_a_suggested_identity_is_another_one_each_time(client: httpx.AsyncClient) -> None:
    first, second = [Page((await client.get("/sandbox")).text).value_of("identity") for _ in range(2)]
    assert first != second
    assert first.startswith("user-")


async def test_livekit_takes_the_token(client: httpx.AsyncClient, simulator: Simulator) -> None:
    token = _token(await _mint(client, ASKED))
    async with httpx.AsyncClient(trust_env=False) as livekit:
        answer = await livekit.get(f"{simulator.url}/rtc/validate", params={"access_token": token})
    assert (answer.status_code, answer.text) == (200, "success")


async def test_the_link_to_join_carries_server_and_token(
    client: httpx.AsyncClient, simulator: Simulator
) -> None:
    answer = await _mint(client, ASKED)
    link = next(link for link in Page(answer.text).links() if link.text == "Join with this token")
    query = httpx.URL(link.href).params
    assert query["token"] == _token(answer)
    assert query["liveKitUrl"] == simulator.url.replace("http", "ws")


async def test_there_is_no_link_without_a_site_or_without_the_right_to_join(browse: Browse) -> None:
    none = await browse(join_link="-")
    assert "Join with this token" not in (await _mint(none, ASKED)).text
    some = await browse()
    assert "Join with this token" not in (await _mint(some, {"grants": "room_list"})).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("identity", "", "needs one"),
        ("room", "", "Enter the room to join"),
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
        ("room_config", '{"agents": [null]}', "agents[0] must be an object, {…}, not null."),
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
    assert "LiveKit would accept it" in page.main
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
        ({"exp": "tomorrow"}, "exp must be a number of seconds since 1970, not text"),
        ({"exp": [1]}, "exp must be a number of seconds since 1970, not a list"),
        ({"nbf": {}}, "nbf must be a number of seconds since 1970, not an object"),
        ({"sub": 5}, "sub must be text, not a number"),
        ({"sub": None}, "It has no identity"),
        ({"video": {"roomJoin": True}}, "It names no room to join"),
        (
            {"video": {"room_join": True, "room": "r1"}},
            "LiveKit doesn’t know video.room_join; it is called roomJoin",
        ),
        ({"video": {"join": True, "room": "r1"}}, "LiveKit doesn’t know video.join; it is called roomJoin"),
        (
            {"video": {"roomJion": True, "room": "r1"}},
            "LiveKit doesn’t know video.roomJion; it is called roomJoin",
        ),
        (
            {"video": None, "room_admin": True},
            "LiveKit doesn’t know room_admin; it is called roomAdmin, inside video",
        ),
        ({"metadata": {"role": "host"}}, "metadata must be text, not an object"),
        ({"attributes": {"seat": 4}}, "attributes.seat must be text, not a number"),
        (
            {"video": {"roomJoin": "true", "room": "r1"}},
            "roomJoin must be true or false, without quotes, not text",
        ),
        ({"nbf": 1.7e12}, "nbf is in milliseconds; LiveKit reads seconds"),
        ({"exp": 3600}, "looks like a number of seconds from now"),
        ({"video": None, "sha256": "abc="}, "It signs a webhook, and opens nothing"),
        (
            {"roomConfig": {"agents": [{"agentName": "x", "metadata": {"a": 1}}]}},
            "roomConfig.agents[0].metadata must be",
        ),
    ],
    ids=str,
)
async def test_what_is_wrong_with_a_token_is_named(
    claims: dict[str, Any], words: str, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    page = await _decoded(client, _signed(simulator, **claims))
    assert "LiveKit would refuse it" in page.main
    assert words in page.main
    assert _verdicts(page) == ["refused"]


def _verdicts(page: Page) -> list[str]:
    return [element["data-verdict"] for element in page.elements if "data-verdict" in element]


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": None}, "It never expires"),
        ({"exp": 1.9e12}, "exp is in milliseconds"),
        ({"iat": timedelta(hours=1)}, "iat is in the future"),
        ({"role": "host"}, "LiveKit doesn’t know role, and ignores it"),
        ({"sub": None, "jti": "ana"}, "The identity comes from jti"),
        ({"identity": "bob"}, "LiveKit ignores identity; the identity is sub"),
        ({"kind": "robot"}, "the participant counts as standard"),
        (
            {"video": {"roomJoin": True, "room": "r1", "canPublishSources": ["mic", "camera"]}},
            "mic in canPublishSources is none of camera, microphone, screen_share, screen_share_audio, so no microphone",
        ),
        (
            {"video": {"roomJoin": True, "room": "r1", "canPublishSources": ["Video"]}},
            "so nothing can be published",
        ),
        ({"nbf": timedelta(seconds=5)}, "LiveKit would accept it"),
    ],
    ids=str,
)
async def test_what_livekit_lets_pass_is_noted(
    claims: dict[str, Any], words: str, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    page = await _decoded(client, _signed(simulator, **claims))
    assert _verdicts(page) == ["accepted"]
    assert words in page.main


@pytest.mark.parametrize(
    "text",
    [
        "wss://lk.example.com/rtc?access_token={}&auto_subscribe=1",
        "https://meet.livekit.io/custom?liveKitUrl=ws%3A%2F%2Fx&token={}#e2ee",
        "Authorization: Bearer {}",
        "bearer {}",
        '"{}"',
        "'{}',",
        '{{"server_url": "wss://x", "participant_token": "{}"}}',
        '2026-11-30T10:00:00Z INFO rtc join {{"token":"{}","room":"r1"}} took=3ms',
        "curl -H 'Authorization: Bearer {}' https://x",
        "export TOKEN={}; echo",
        "%22{}%22",
        "<{}>",
    ],
)
async def test_a_token_is_found_in_what_is_pasted(
    text: str, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    assert _verdicts(await _decoded(client, text.format(_signed(simulator)))) == ["accepted"]


@pytest.mark.parametrize("broken", ["\n", "\r\n", " \\\n  ", "\n> "])
async def test_a_token_broken_over_lines_is_joined(
    broken: str, client: httpx.AsyncClient, simulator: Simulator
) -> None:
    token = _signed(simulator)
    lines = broken.join(token[start : start + 60] for start in range(0, len(token), 60))
    assert _verdicts(await _decoded(client, lines)) == ["accepted"]


async def test_of_two_tokens_the_first_is_decoded(client: httpx.AsyncClient, simulator: Simulator) -> None:
    page = await _decoded(client, f"{_signed(simulator, sub='first')} {_signed(simulator, sub='second')}")
    assert "The text holds 2 tokens. This is the first." in page.main
    assert "first" in page.main


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
    assert "accepted" not in _verdicts(page)
