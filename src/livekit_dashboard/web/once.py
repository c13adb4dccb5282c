"""What a page shows once, after the 303 that its form led to: in a signed cookie, which the page deletes.

So refreshing the page repeats nothing, and nothing of it is in an address, a log, or this process.
"""

from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from livekit_dashboard.addresses.client import is_secure
from livekit_dashboard.config import Settings

MAX_AGE = 60
# A cookie holds 4096 bytes, its name and attributes included.
LARGEST = 3800


def leave(response: Response, conn: HTTPConnection, settings: Settings, path: str, value: Any) -> bool:
    """Has the page at `path` find the value, within a minute. False, and nothing done, if it doesn't fit a cookie."""
    text = _serializer(settings).dumps(value)
    text = text.decode() if isinstance(text, bytes) else text
    if len(text) > LARGEST:
        return False
    response.set_cookie(
        _name(path),
        text,
        max_age=MAX_AGE,
        path=path,
        httponly=True,
        secure=is_secure(conn, settings),
        samesite="strict",
    )
    return True


def found(conn: HTTPConnection, settings: Settings, path: str) -> Any | None:
    """The value that was left for the page, if there is one and it is ours."""
    try:
        return _serializer(settings).loads(conn.cookies.get(_name(path), ""), max_age=MAX_AGE)
    except BadSignature:
        return None


def consume(response: Response, path: str) -> None:
    """Deletes it, so that the next look doesn't find it."""
    response.delete_cookie(_name(path), path=path)


def _name(path: str) -> str:
    return "once-" + path.strip("/").replace("/", "-")


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_key("once"), salt="once")
