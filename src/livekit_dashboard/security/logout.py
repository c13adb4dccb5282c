"""Logging out of HTTP Basic, which has no log-out of its own.

Browsers keep the password until they are closed, but drop it on a 401. So a small signed cookie remembers that this
browser logged out, and outranks whatever Authorization it still sends:

1. `/logout` answers 401 with a challenge no browser knows, and the cookie says `out`.
2. While the cookie is there, every page leads to `/logout`.
3. `/auth/login` with `out` challenges, and the cookie says `asked`; with `asked` and the right password it is deleted.
"""

from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from ..config import Settings

COOKIE = "signed_out"

State = Literal["in", "out", "asked"]


def state(conn: HTTPConnection, settings: Settings) -> State:
    """What this browser last did. A missing or forged cookie is no log-out."""
    try:
        value = _serializer(settings).loads(conn.cookies.get(COOKIE, ""))
    except BadSignature:
        return "in"
    return "asked" if value == "asked" else "out"


def remember(response: Response, conn: HTTPConnection, settings: Settings, value: State) -> None:
    """Keeps the state until the browser closes, as it keeps the password."""
    path = settings.root_path or "/"
    if value == "in":
        response.delete_cookie(COOKIE, path=path)
        return
    response.set_cookie(
        COOKIE,
        _serializer(settings).dumps(value),
        path=path,
        httponly=True,
        secure=is_secure(conn, settings),
        # Strict would let a link from another site back in: the cookie would not be sent with it.
        samesite="lax",
    )


def is_secure(conn: HTTPConnection, settings: Settings) -> bool:
    """Whether cookies may be marked Secure: over plain http a browser would not send them back."""
    return settings.https_only or conn.url.scheme == "https"


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.signing_key("logout"), salt="logout")
