"""Logs a browser out of HTTP Basic, which has no logout of its own, with a signed cookie.

Browsers keep a password until they are closed, or until a 401. The cookie marks a browser as logged out, whatever
Authorization header it still sends:

1. `/logout` answers 401 with a challenge that no browser knows, and sets the cookie to `out`.
2. With the cookie, every page redirects to `/logout`.
3. `/auth/login` with `out` answers with a challenge and sets `asked`; with `asked` and the right password, it deletes
   the cookie.
"""

from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from livekit_dashboard.addresses.client import is_secure
from livekit_dashboard.config import Settings

COOKIE = "signed_out"

State = Literal["in", "out", "asked"]


def state(conn: HTTPConnection, settings: Settings) -> State:
    """The state of this browser. A missing or forged cookie counts as logged in."""
    try:
        value = _serializer(settings).loads(conn.cookies.get(COOKIE, ""))
    except BadSignature:
        return "in"
    return "asked" if value == "asked" else "out"


def remember(response: Response, conn: HTTPConnection, settings: Settings, value: State) -> None:
    """Sets the cookie until the browser is closed, which is as long as it keeps the password."""
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
        # With `strict`, a link from another site would be logged in: the browser would not send the cookie.
        samesite="lax",
    )


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.signing_key("logout"), salt="logout")
