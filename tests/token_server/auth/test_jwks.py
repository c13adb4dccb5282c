"""JWTs that are checked by the keys which their issuer publishes."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from livekit_dashboard.simulator import running
from livekit_dashboard.token_server.auth import jwks
from tests.token_server.callers import app_token, said
from tests.token_server.served import bearer, served


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
