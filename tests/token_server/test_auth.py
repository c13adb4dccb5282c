"""Who gets a token, and which."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from livekit_dashboard.simulator import running
from livekit_dashboard.token_server import jwks
from tests.claims import dated

from .served import API_SECRET, ASK, KEY, OTHER_KEY, bearer, served

SECRET = "the application's own secret, 32 or more"
ISSUER = "https://auth.example.com"
HASHED = {"sha256": hashlib.sha256(OTHER_KEY.encode()).hexdigest()}


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def claims(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = jwt.decode(answer.json()["token"], API_SECRET, ["HS256"])
    return found


def app_token(key: Any = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    """A JWT of the application's issuer; the changes are as ``dated`` says."""
    given = dated({"sub": "user-1", "iss": ISSUER, "exp": timedelta(minutes=1), **changes})
    headers = {"kid": given.pop("kid")} if "kid" in given else {}
    return jwt.encode(given, key, algorithm, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        bearer(KEY),
        {"Authorization": f"bearer   {KEY}"},
        {"X-API-Key": KEY},
        {"X-API-Key": KEY, "Authorization": "Basic dTpw"},
        bearer(OTHER_KEY),
    ],
    ids=["bearer", "lower case", "x-api-key", "beside a proxy's log-in", "hashed"],
)
async def test_a_key_lets_in(headers: dict[str, str]) -> None:
    async with served(token_server_keys={"web": {"key": KEY}, "app": HASHED}) as client:
        assert said(await client.post("/token", json=ASK, headers=headers)) == (200, "")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("x"),
        bearer(KEY[:-1]),
        bearer(HASHED["sha256"]),
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"X-API-Key": ""},
        {"X-API-Key": "x", "Authorization": "Basic dTpw"},
        {"X-API-Key": KEY, **bearer("x")},
        bearer("a.b.c"),
    ],
)
async def test_nothing_else_does(headers: dict[str, str]) -> None:
    async with served(token_server_keys={"web": {"key": KEY}, "app": HASHED}) as client:
        answer = await client.post("/token", json=ASK, headers=headers)
        assert said(answer) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert (await client.get("/health")).status_code == 200


async def test_each_key_has_its_policy() -> None:
    keys = {
        "viewers": {
            "key": KEY,
            "rooms": ["stage-*", "lobby"],
            "publish": False,
            "data": False,
            "agents": ["greeter"],
            "max_expiry_hours": 0.5,
        },
        "speakers": {**HASHED, "sources": ["microphone"], "update_own_metadata": True, "agents": []},
    }
    async with served(token_server_keys=keys) as client:

        async def ask(key: str, room: str, *agents: str) -> httpx.Response:
            config = {"agents": [{"agent_name": name} for name in agents]}
            body = {**ASK, "room_name": room, "room_config": config}
            return await client.post("/token", json=body, headers=bearer(key))

        token = claims(await ask(KEY, "stage-1", "greeter"))
        video = token["video"]
        assert (video["canPublish"], video["canSubscribe"], video["canPublishData"]) == (False, True, False)
        assert token["exp"] - token["nbf"] == 1800
        assert said(await ask(KEY, "lobby")) == (200, "")
        assert said(await ask(KEY, "backstage-1")) == (403, "room_not_allowed")
        assert said(await ask(KEY, "stage-1", "greeter", "spy")) == (403, "agent_not_allowed")
        video = claims(await ask(OTHER_KEY, "backstage-1"))["video"]
        assert video["canPublishSources"] == ["microphone"]
        assert video["canUpdateOwnMetadata"] is True
        assert said(await ask(OTHER_KEY, "x", "greeter")) == (403, "agent_not_allowed")


async def test_no_grant_but_to_join(client: httpx.AsyncClient) -> None:
    token = claims(await client.post("/token", json=ASK))
    allowed = {"roomJoin", "room", "canPublish", "canSubscribe", "canPublishData"}
    assert set(token["video"]) == allowed
    assert "sip" not in token
    assert "kind" not in token


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-For", "::1, x"),
        # It may be what a client behind two proxies made up.
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Forwarded-Proto", "https"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Client-IP", "203.0.113.7"),
        ("True-Client-IP", "203.0.113.7"),
        ("CF-Connecting-IP", "203.0.113.7"),
        ("Forwarded", "for=127.0.0.1"),
        ("Via", "1.1 proxy"),
    ],
)
async def test_without_keys_what_a_proxy_passes_on_is_refused(
    client: httpx.AsyncClient, name: str, value: str
) -> None:
    answer = await client.post("/token", json=ASK, headers={name: value})
    assert said(answer) == (403, "open_to_this_machine_only")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LocalHost:8080", 200),
        ("app.localhost:3000", 200),
        ("127.0.0.1", 200),
        ("127.8.8.8:1", 200),
        ("[::1]:8080", 200),
        ("", 403),
        ("tokens.example.com", 403),
        # A name that someone made to point at this machine.
        ("rebound.example.com:8080", 403),
        ("localhost.example.com", 403),
        ("127.0.0.1.example.com", 403),
        ("notlocalhost", 403),
        ("192.0.2.1:8080", 403),
        ("[2001:db8::1]:8080", 403),
        ("x@localhost", 403),
        ("[", 403),
    ],
)
async def test_without_keys_only_names_of_this_machine_are_served(
    client: httpx.AsyncClient, host: str, status: int
) -> None:
    answer = await client.post("/token", json=ASK, headers={"Host": host})
    assert answer.status_code == status
    if status == 403:
        assert said(answer) == (403, "open_to_this_machine_only")


async def test_with_keys_any_host_and_any_proxy_will_do() -> None:
    headers = {
        "Host": "tokens.example.com",
        "X-Forwarded-For": "203.0.113.7",
        "Via": "1.1 proxy",
        **bearer(KEY),
    }
    async with served(token_server_keys={"web": {"key": KEY}}) as client:
        assert said(await client.post("/token", json=ASK, headers=headers)) == (200, "")


async def test_open_to_everyone_only_when_said() -> None:
    async with served(token_server_auth="none", token_server_host="0.0.0.0") as client:
        headers = {"X-Forwarded-For": "203.0.113.7", "Host": "tokens.example.com"}
        assert said(await client.post("/token", json=ASK, headers=headers)) == (200, "")


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
        ({"exp": float("inf")}, "not one of the issuer's"),
        ({"sub": None}, "no sub"),
        ({"sub": ""}, "1 to 256 bytes"),
        ({"sub": "é" * 129}, "1 to 256 bytes"),
        ({"sub": "\ud800"}, "1 to 256 bytes"),
        ({"iss": "https://evil.example.com"}, "another issuer"),
        ({"iss": None}, "no iss"),
        ({"aud": "someone else"}, "another audience"),
        ({"aud": None}, "no aud"),
        ({"key": "another secret of 32 characters or more"}, "not one of the issuer's"),
        ({"key": "", "algorithm": "none"}, "not one of the issuer's"),
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


class Issuer:
    """Publishes the keys it is given at /jwks, and counts how often it is asked."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.asked = 0
        self.up = True
        self.silent = asyncio.Event()
        self.url = ""

    def publish(self, kid: str, private: Any, /, **more: Any) -> None:
        kinds = {
            rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm,
            ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
            ed25519.Ed25519PrivateKey: jwt.algorithms.OKPAlgorithm,
        }
        [algorithm] = [its for kind, its in kinds.items() if isinstance(private, kind)]
        document = json.loads(algorithm.to_jwk(private.public_key()))
        self.published.append({**document, "kid": kid, "use": "sig", **more})

    async def answer(self, _: Request) -> JSONResponse:
        self.asked += 1
        if self.silent.is_set():
            await asyncio.Event().wait()
        return JSONResponse({"keys": self.published}, 200 if self.up else 500)


@asynccontextmanager
async def issuer() -> AsyncIterator[Issuer]:
    found = Issuer()
    async with running(Starlette(routes=[Route("/jwks", found.answer)])) as url:
        found.url = f"{url}/jwks"
        yield found


async def test_a_jwt_by_published_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "COOLDOWN", 0.0)
    first = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    second = ec.generate_private_key(ec.SECP256R1())
    async with issuer() as auth, served(token_server_jwt_jwks_url=auth.url) as client:

        async def ask(token: str) -> tuple[int, str]:
            return said(await client.post("/token", json={"room_name": "r"}, headers=bearer(token)))

        auth.publish("1", first)
        assert await ask(app_token(first, "RS256", kid="1")) == (200, "")
        assert await ask(app_token(first, "RS256", kid="1")) == (200, "")
        assert auth.asked == 1
        # The only key there is needs no name.
        assert await ask(app_token(first, "RS256")) == (200, "")
        # A new one is fetched when it is first seen; the old one stays.
        auth.publish("2", second)
        assert await ask(app_token(second, "ES256", kid="2")) == (200, "")
        assert await ask(app_token(first, "RS256", kid="1")) == (200, "")
        assert auth.asked == 2
        # Signed by another key, under the name of a published one.
        assert await ask(app_token(second, "ES256", kid="1")) == (401, "unauthenticated")
        # The public key taken for a secret: the oldest trick.
        forged = app_token("x" * 64, "HS256", kid="1")
        assert await ask(forged) == (401, "unauthenticated")
        # The issuer is down, what is known still counts.
        auth.up = False
        assert await ask(app_token(first, "RS256", kid="1")) == (200, "")
        assert await ask(app_token(first, "RS256", kid="3")) == (401, "unauthenticated")


async def test_who_has_a_known_key_does_not_wait_for_a_silent_issuer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "MAX_AGE", -1.0)
    monkeypatch.setattr(jwks, "COOLDOWN", 0.0)
    # Whoever waited would wait longer than any test.
    monkeypatch.setattr(jwks, "TIMEOUT", aiohttp.ClientTimeout(total=600))
    private = ec.generate_private_key(ec.SECP256R1())
    before = asyncio.all_tasks()
    async with issuer() as auth:
        async with served(token_server_jwt_jwks_url=auth.url) as client:
            auth.publish("1", private)
            token = app_token(private, "ES256", kid="1")

            async def ask() -> tuple[int, str]:
                return said(await client.post("/token", json={"room_name": "r"}, headers=bearer(token)))

            assert await ask() == (200, "")
            auth.silent.set()
            assert [await ask() for _ in range(20)] == [(200, "")] * 20
            # One fetch for all of them, behind their backs.
            async with asyncio.timeout(30):
                while auth.asked < 2:
                    await asyncio.sleep(0.02)
            assert await ask() == (200, "")
            assert auth.asked == 2
        assert not [task for task in asyncio.all_tasks() - before if "_refresh" in repr(task)]


async def test_a_key_that_was_withdrawn_stops_working(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jwks, "COOLDOWN", 0.0)
    first, second = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    async with issuer() as auth, served(token_server_jwt_jwks_url=auth.url) as client:

        async def ask(token: str) -> int:
            answer = await client.post("/token", json={"room_name": "r"}, headers=bearer(token))
            return answer.status_code

        old = app_token(first, "ES256", kid="1")
        auth.publish("1", first)
        assert await ask(old) == 200
        auth.published.clear()
        auth.publish("2", second)
        assert await ask(old) == 200
        monkeypatch.setattr(jwks, "MAX_AGE", -1.0)
        async with asyncio.timeout(30):
            while await ask(old) == 200:
                await asyncio.sleep(0.02)
        assert await ask(app_token(second, "ES256", kid="2")) == 200


PRIVATE: dict[str, Any] = {
    "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}


async def asked_with(named: dict[str, Any], kind: str, *tokens: str) -> list[int]:
    """What JWTs get while one key is published."""
    async with issuer() as auth, served(token_server_jwt_jwks_url=auth.url) as client:
        auth.publish("1", PRIVATE[kind], **named)
        return [
            (await client.post("/token", json={"room_name": "r"}, headers=bearer(token))).status_code
            for token in tokens
        ]


@pytest.mark.parametrize(
    ("kind", "algorithms"),
    [
        ("RSA", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]),
        ("P-256", ["ES256"]),
        ("P-384", ["ES384"]),
        ("P-521", ["ES512"]),
        ("Ed25519", ["EdDSA"]),
    ],
)
async def test_a_published_key_without_alg_is_good_for_those_of_its_type(
    kind: str, algorithms: list[str]
) -> None:
    good = [app_token(PRIVATE[kind], algorithm, kid="1") for algorithm in algorithms]
    assert await asked_with({}, kind, *good) == [200] * len(good)
    public = PRIVATE[kind].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    forged = [app_token(hashlib.sha512(public).digest(), "HS256", kid="1"), app_token("", "none", kid="1")]
    # PyJWT itself won't sign with a public key.
    head, body, _ = app_token("x" * 64, "HS256", kid="1").split(".")
    signature = hmac.digest(public, f"{head}.{body}".encode(), "sha256")
    forged.append(f"{head}.{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")
    assert await asked_with({}, kind, *forged) == [401] * len(forged)


async def test_a_published_key_with_alg_is_good_for_that_alone() -> None:
    tokens = [app_token(PRIVATE["RSA"], algorithm, kid="1") for algorithm in ("RS256", "PS384")]
    assert await asked_with({"alg": "PS384"}, "RSA", *tokens) == [401, 200]


@pytest.mark.parametrize(
    "named", [{"use": "enc"}, {"alg": "RSA-OAEP"}, {"alg": "HS256"}, {"kty": []}, {"kid": []}]
)
async def test_published_keys_that_are_of_no_use_are_passed_over(named: dict[str, Any]) -> None:
    async with issuer() as auth, served(token_server_jwt_jwks_url=auth.url) as client:
        auth.publish("1", PRIVATE["RSA"], **named)
        token = app_token(PRIVATE["RSA"], "RS256", kid="1")
        assert said(await client.post("/token", json={"room_name": "r"}, headers=bearer(token))) == (
            503,
            "jwks_unavailable",
        )


async def test_made_up_key_names_do_not_reach_the_issuer_each_time() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    async with issuer() as auth, served(token_server_jwt_jwks_url=auth.url) as client:
        auth.publish("1", private)
        for number in range(20):
            token = app_token(private, "ES256", kid=f"made-up-{number}")
            answer = await client.post("/token", json={"room_name": "r"}, headers=bearer(token))
            assert answer.status_code == 401
        assert auth.asked == 1


async def test_an_issuer_that_never_answered_is_our_fault_not_the_callers() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    async with issuer() as auth, served(token_server_jwt_jwks_url=auth.url) as client:
        auth.up = False
        for _ in range(2):
            answer = await client.post(
                "/token", json={"room_name": "r"}, headers=bearer(app_token(private, "ES256", kid="1"))
            )
            assert said(answer) == (503, "jwks_unavailable")
            assert int(answer.headers["retry-after"]) > 0
        assert auth.asked == 1
