"""A cookie for browsers that have logged in, so that the failed logins of others don't lock them out.

All clients behind one address share its limit on failed logins. While an address has to wait, a browser with this cookie
is counted by itself. The cookie replaces no password: stealing it gains a few more guesses per minute, and nothing else.
It expires, and it is signed with a key that changes with the password.
"""

import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from livekit_dashboard.addresses.client import is_secure
from livekit_dashboard.config import Settings

COOKIE = "known"
MAX_AGE = 30 * 86400  # Seconds.
RENEWED = 86400  # Seconds after which the next request gets a new one.


def known(conn: HTTPConnection, settings: Settings) -> str:
    """The browser's id from its cookie; empty without one, or if it is forged or too old."""
    return _read(conn, settings, MAX_AGE)


def is_fresh(conn: HTTPConnection, settings: Settings) -> bool:
    """Whether the browser has a cookie that needs no renewal yet."""
    return bool(_read(conn, settings, RENEWED))


def cookie(conn: HTTPConnection, settings: Settings) -> str:
    """The Set-Cookie header for a browser that has just logged in. A known browser keeps its id."""
    response = Response()
    response.set_cookie(
        COOKIE,
        _serializer(settings).dumps(known(conn, settings) or secrets.token_urlsafe(12)),
        max_age=MAX_AGE,
        path=settings.root_path or "/",
        httponly=True,
        secure=is_secure(conn, settings),
        samesite="lax",
    )
    return response.headers["set-cookie"]


def forget(response: Response, settings: Settings) -> None:
    """Deletes the cookie, for logging out: the next user of this browser may not be the admin."""
    response.delete_cookie(COOKIE, path=settings.root_path or "/")


def _read(conn: HTTPConnection, settings: Settings, max_age: int) -> str:
    try:
        browser = _serializer(settings).loads(conn.cookies.get(COOKIE, ""), max_age=max_age)
    except BadSignature:
        return ""
    return browser if isinstance(browser, str) else ""


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_key("known"), salt=f"known {settings.admin_username}")
