"""Who brings a JWT of the application, and what that allows."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.token_server.callers import ISSUER, SECRET, app_token, claims, said
from tests.token_server.served import ASK, KEY, bearer, served


async def test_a_jwt_by_secret_says_who_it_is() -> None:
    policy = {"publish": False, "rooms": ["class-*"]}
    async with served(token_server_jwt_secret=SECRET, token_server_policy=policy) as client:
        ask = {"room_name": "class-1", "participant_name": "Ada"}
        token = claims(await client.post("/token", json=ask, headers=bearer(app_token())))
        assert (token["sub"], token["name"], token["video"]["canPublish"]) == ("user-1", "Ada", False)
        assert "name" not in claims(
            await client.post("/token", json={"room_name": "class-1"}, headers=bearer(app_token()))
        )

        async def ask_as(identity: str) -> httpx.Response:
            body = {**ask, "participant_identity": identity}
            return await client.post("/token", json=body, headers=bearer(app_token()))

        assert said(await ask_as("user-1")) == (200, "")
        assert said(await ask_as("user-2")) == (403, "identity_not_allowed")
        elsewhere = {**ask, "room_name": "staff"}
        assert said(await client.post("/token", json=elsewhere, headers=bearer(app_token()))) == (
            403,
            "room_not_allowed",
        )


SAYS: dict[str, Any] = {
    "participant_name": "Ada",
    "metadata": "m",
    "participant_metadata": "m",
    "participant_attributes": {"role": "moderator"},
}


@pytest.mark.parametrize(
    ("may_set", "refused"),
    [
        (["name", "metadata", "attributes"], set()),
        (["name"], {"metadata", "participant_metadata", "participant_attributes"}),
        (["metadata"], {"participant_name", "participant_attributes"}),
        (["attributes"], {"participant_name", "metadata", "participant_metadata"}),
        ([], set(SAYS)),
    ],
)
async def test_what_a_request_may_not_set_is_refused(may_set: list[str], refused: set[str]) -> None:
    policy = {"may_set": may_set}
    keys = {"web": {"key": KEY, **policy}}
    async with served(
        token_server_jwt_secret=SECRET, token_server_policy=policy, token_server_keys=keys
    ) as client:
        for headers in (bearer(app_token()), bearer(KEY)):
            who = {"room_name": "r", "participant_identity": "user-1"}
            for field, value in SAYS.items():
                answer = await client.post("/token", json={**who, field: value}, headers=headers)
                assert said(answer) == ((403, "field_not_allowed") if field in refused else (200, ""))
                assert (field in answer.json().get("message", "")) is (field in refused)
            # What sets nothing is nothing.
            empty = {"metadata": "", "participant_attributes": {}, "participant_name": None}
            assert said(await client.post("/token", json={**who, **empty}, headers=headers)) == (200, "")


async def test_without_a_name_of_its_own_a_participant_has_that_of_the_jwt() -> None:
    async def name(client: httpx.AsyncClient, **changes: Any) -> Any:
        headers = bearer(app_token(**changes))
        return claims(await client.post("/token", json={"room_name": "r"}, headers=headers)).get("name")

    async with served(token_server_jwt_secret=SECRET, token_server_policy={"may_set": []}) as client:
        assert await name(client, name="Ada Lovelace") == "Ada Lovelace"
        for unknown in ("", None, 7, ["Ada"]):
            assert await name(client, name=unknown) is None
        for wrong in ("é" * 129, "\ud800"):
            headers = bearer(app_token(name=wrong))
            answer = await client.post("/token", json={"room_name": "r"}, headers=headers)
            assert said(answer) == (401, "unauthenticated")
            assert "name must have 1 to 256 bytes" in answer.json()["message"]
    # Who may choose is not named.
    async with served(token_server_jwt_secret=SECRET) as client:
        assert await name(client, name="Ada Lovelace") is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"exp": timedelta(seconds=-60)}, "expired"),
        ({"nbf": timedelta(minutes=10)}, "not valid yet"),
        ({"exp": None}, "no exp"),
        ({"exp": float("inf")}, "its signature or its form is wrong"),
        ({"sub": None}, "no sub"),
        ({"sub": ""}, "1 to 256 bytes"),
        ({"sub": "é" * 129}, "1 to 256 bytes"),
        ({"sub": "\ud800"}, "1 to 256 bytes"),
        ({"iss": "https://evil.example.com"}, "another issuer"),
        ({"iss": None}, "no iss"),
        ({"aud": "someone else"}, "another audience"),
        ({"aud": None}, "no aud"),
        ({"key": "another secret of 32 characters or more"}, "its signature or its form is wrong"),
        ({"key": "", "algorithm": "none"}, "its signature or its form is wrong"),
    ],
)
async def test_a_jwt_that_is_not_good(changes: dict[str, Any], message: str) -> None:
    async with served(
        token_server_jwt_secret=SECRET, token_server_jwt_issuer=ISSUER, token_server_jwt_audience=("tokens",)
    ) as client:
        good = app_token(aud="tokens")
        assert said(await client.post("/token", json={"room_name": "r"}, headers=bearer(good))) == (200, "")
        bad = app_token(**{"aud": "tokens", **changes})
        answer = await client.post("/token", json={"room_name": "r"}, headers=bearer(bad))
        assert said(answer) == (401, "unauthenticated")
        assert message in answer.json()["message"]


async def test_a_jwt_for_an_audience_needs_the_setting() -> None:
    async def ask(client: httpx.AsyncClient, audience: Any) -> httpx.Response:
        headers = bearer(app_token(aud=audience))
        return await client.post("/token", json={"room_name": "r"}, headers=headers)

    async with served(token_server_jwt_secret=SECRET) as client:
        answer = await ask(client, "account")
        assert said(answer) == (401, "unauthenticated")
        assert "TOKEN_SERVER_JWT_AUDIENCE" in answer.json()["message"]
    async with served(
        token_server_jwt_secret=SECRET, token_server_jwt_audience=("account", "tokens")
    ) as client:
        for audience in ("account", "tokens", ["other", "tokens"]):
            assert said(await ask(client, audience)) == (200, "")
        answer = await ask(client, ["other"])
        assert said(answer) == (401, "unauthenticated")
        assert "another audience" in answer.json()["message"]


@pytest.mark.parametrize(
    "settings", [{"token_server_jwt_secret": SECRET}, {"token_server_jwt_jwks_url": "http://127.0.0.1:9"}]
)
@pytest.mark.parametrize("header", [b"{", b"[]", b"\xff", b"[" * 20_000, b'{"alg":"HS256","kid":7}'])
async def test_what_is_no_jwt(settings: dict[str, Any], header: bytes) -> None:
    token = base64.urlsafe_b64encode(header).rstrip(b"=").decode() + ".e30.AAAA"
    async with served(**settings) as client:
        answer = await client.post("/token", json={"room_name": "r"}, headers=bearer(token))
        assert said(answer) == (401, "unauthenticated")


async def test_keys_and_jwts_side_by_side() -> None:
    async with served(token_server_jwt_secret=SECRET, token_server_keys={"backend": {"key": KEY}}) as client:
        assert claims(await client.post("/token", json=ASK, headers=bearer(KEY)))["sub"] == "user-456"
        assert claims(await client.post("/token", json=ASK, headers=bearer(app_token())))["sub"] == "user-1"
        nobody = {"room_name": "r"}
        assert (await client.post("/token", json=nobody, headers=bearer(KEY))).status_code == 422


@pytest.mark.parametrize(
    ("rooms", "room", "status"),
    [
        (["room-1", "team-*"], "team-9", 200),
        ("room-1", "room-1", 200),
        (["room-1"], "room-2", 403),
        (["*"], "outside", 403),  # The policy still counts.
        ([], "room-1", 403),
        (None, "room-1", 403),
        ({"a": 1}, "room-1", 401),
        ([1], "room-1", 401),
        ([f"room-{number}" for number in range(1000)], "room-999", 200),
        ([f"room-{number}" for number in range(1000)], "room-1000", 403),
        ([*(f"room-{number}-*" for number in range(100)), "team-1"], "room-99-x", 200),
        ([*(f"room-{number}-*" for number in range(100)), "team-1"], "team-1", 200),
        ([f"room-{number}-*" for number in range(101)], "room-1-x", 401),
    ],
)
async def test_rooms_that_the_jwt_names(rooms: Any, room: str, status: int) -> None:
    async with served(
        token_server_jwt_secret=SECRET,
        token_server_jwt_rooms_claim="rooms",
        token_server_policy={"rooms": ["room-*", "team-*"]},
    ) as client:
        token = app_token(rooms=rooms)
        answer = await client.post("/token", json={"room_name": room}, headers=bearer(token))
        assert answer.status_code == status
