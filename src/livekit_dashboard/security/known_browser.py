"""The cookie of a browser that has logged in, so that failed log-ins of others don't lock it out.

Everybody behind one address shares its limit on failed log-ins. A browser with this cookie is counted by itself instead
while its address is locked out. The cookie is no log-in: name and password are asked for and compared as ever, and
whoever steals it gets a few more guesses a minute. It is signed with a key that changes with the password, and expires.
"""

import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from ..config import Settings
from .logout import is_secure

COOKIE = "known"
MAX_AGE = 30 * 86400  # Seconds.
RENEWED = 86400  # Seconds after which a log-in gets a new one.


def known(conn: HTTPConnection, settings: Settings) -> str:
    """What tells this browser apart; empty if it never logged in, or its cookie is forged or too old."""
    return _read(conn, settings, MAX_AGE)


def is_fresh(conn: HTTPConnection, settings: Settings) -> bool:
    """Whether its cookie needs no renewal yet."""
    return bool(_read(conn, settings, RENEWED))


def cookie(conn: HTTPConnection, settings: Settings) -> str:
    """The Set-Cookie header for a browser that has just logged in; one that is known stays the same to the limit."""
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
    """After a log-out: the next one at this browser may be anyone."""
    response.delete_cookie(COOKIE, path=settings.root_path or "/")


def _read(conn: HTTPConnection, settings: Settings, max_age: int) -> str:
    try:
        browser = _serializer(settings).loads(conn.cookies.get(COOKIE, ""), max_age=max_age)
    except BadSignature:
        return ""
    return browser if isinstance(browser, str) else ""


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_key("known"), salt=f"known {settings.admin_username}")
