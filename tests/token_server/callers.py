"""Who asks, in tests: JWTs of an application's issuer, and what its bearers are told."""

from datetime import timedelta
from typing import Any

import httpx
import jwt

from tests.claims import dated
from tests.token_server.served import API_SECRET

SECRET = "the application's own secret, 32 or more"
ISSUER = "https://auth.example.com"


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
