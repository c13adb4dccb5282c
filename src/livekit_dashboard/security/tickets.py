"""Tickets for live pages. Browsers don't reliably send Basic credentials with a WebSocket, so the page brings proof.

A ticket stands in the socket's address, and addresses get into logs. So it is good for the one page that it names, and
in the browser that got it alone, which a cookie tells apart. It opens sockets for two minutes, and an hour after it was
made they end. There is no renewing it: the page that needs another one polls once, with its log-in.
"""

import hmac
import secrets
import time
from dataclasses import dataclass
from hashlib import blake2b

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from ..config import Settings
from .logout import is_secure

COOKIE = "live"
OPENS = 120  # Seconds. Clocks of replicas may differ by as much.
WATCHES = 3600  # Seconds.


@dataclass(frozen=True)
class Ticket:
    """The page to be watched (path and query), and the time when that has to end."""

    address: str
    ends: float


def issue(conn: HTTPConnection, settings: Settings, address: str) -> str:
    """A ticket for the browser that asks. The answer has to go through `keep`."""
    return str(_serializer(settings).dumps([address, int(time.time()), _mark(_browser(conn))]))


def keep(response: Response, conn: HTTPConnection, settings: Settings) -> None:
    """Has a browser that is new here keep what its tickets are bound to, until it closes."""
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
    """What a ticket is good for; None if it is forged, too old, or another browser's."""
    try:
        address, issued, mark = _serializer(settings).loads(ticket)
    except BadSignature:
        return None
    ours = hmac.compare_digest(mark, _mark(conn.cookies.get(COOKIE, "")))
    return Ticket(address, issued + WATCHES) if ours and abs(time.time() - issued) <= OPENS else None


def _browser(conn: HTTPConnection) -> str:
    """The same for all that one request brings about."""
    known = conn.cookies.get(COOKIE) or getattr(conn.state, COOKIE, "")
    if not known:
        known = secrets.token_urlsafe(16)
        setattr(conn.state, COOKIE, known)
    return known


def _mark(browser: str) -> str:
    return blake2b(browser.encode(), digest_size=12).hexdigest()


def _serializer(settings: Settings) -> URLSafeSerializer:
    return URLSafeSerializer(settings.signing_key("live"), salt="live")
