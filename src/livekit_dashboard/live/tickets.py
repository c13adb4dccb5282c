"""Tickets that authenticate the WebSocket of a live page: browsers don't reliably send Basic credentials with one.

A ticket is part of the socket's address, and addresses get into logs. So it is valid for one page, and only in the
browser that received it, which a cookie identifies. It opens sockets for two minutes; they are closed an hour after it
was issued. It can't be renewed: a page that needs another ticket polls once, with its login.
"""

import hmac
import secrets
import time
from dataclasses import dataclass
from hashlib import blake2b

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from livekit_dashboard.addresses.client import is_secure
from livekit_dashboard.config import Settings

COOKIE = "live"
OPENS = 120  # Seconds. Clocks of replicas may differ by as much.
WATCHES = 3600  # Seconds.


@dataclass(frozen=True)
class Ticket:
    """The page to watch (path and query), and the time at which its socket is closed."""

    address: str
    ends: float


def issue(conn: HTTPConnection, settings: Settings, address: str) -> str:
    """A ticket for the browser of this request. Pass the response to `keep`."""
    return str(_serializer(settings).dumps([address, int(time.time()), _mark(_browser(conn))]))


def keep(response: Response, conn: HTTPConnection, settings: Settings) -> None:
    """Sets the cookie that tickets are bound to, if the browser has none. It lasts until the browser is closed."""
    if conn.cookies.get(COOKIE):
        return
    response.set_cookie(
        COOKIE,
        _browser(conn),
        path=settings.root_path or "/",
        httponly=True,
        secure=is_secure(conn, settings),
        samesite="strict",
    )


def redeem(conn: HTTPConnection, settings: Settings, ticket: str) -> Ticket | None:
    """The ticket; None if it is forged, too old, or from another browser."""
    try:
        address, issued, mark = _serializer(settings).loads(ticket)
    except BadSignature:
        return None
    ours = hmac.compare_digest(mark, _mark(conn.cookies.get(COOKIE, "")))
    return Ticket(address, issued + WATCHES) if ours and abs(time.time() - issued) <= OPENS else None


def _browser(conn: HTTPConnection) -> str:
    """The id of the browser; a new one stays the same during one request."""
    known = conn.cookies.get(COOKIE) or getattr(conn.state, COOKIE, "")
    if not known:
        known = secrets.token_urlsafe(16)
        setattr(conn.state, COOKIE, known)
    return known


def _mark(browser: str) -> str:
    return blake2b(browser.encode(), digest_size=12).hexdigest()


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.signing_key("live"), salt="live")
