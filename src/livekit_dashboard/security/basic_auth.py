"""HTTP Basic for everything that the app serves, pages that don't exist included."""

import base64
import hmac
import logging
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import render
from ..config import Settings
from ..in_process import TRUSTED
from ..services.outages import one_line
from . import known_browser, logout
from .rate_limit import LOGGED, LoginAttempts

logger = logging.getLogger(__name__)

# The whole list of what answers without a log-in.
OPEN_PATHS = frozenset({"/health", "/logout", "/webhooks/livekit"})
OPEN_PREFIX = "/static/"
LIVE_PATH = "/live"
STRANGER = "livekit_dashboard.stranger"
CHALLENGE = 'Basic realm="LiveKit dashboard", charset="UTF-8"'


class BasicAuth:
    """ASGI middleware: lets the one admin through, and nobody else."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.attempts = LoginAttempts(settings.login_failures_per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope.get(TRUSTED) or is_live_socket(scope):
            await self.app(scope, receive, send)
            return
        if is_open(route_path(scope)):
            scope[STRANGER] = True
            await self.app(scope, receive, send)
            return
        conn = HTTPConnection(scope)
        refusal = self.refuse(conn)
        if refusal is None:
            await self.app(scope, receive, self.remembering(conn, send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    def refuse(self, conn: HTTPConnection) -> Response | None:
        """None for the admin; else the answer that keeps everyone else out."""
        login = route_path(conn.scope) == "/auth/login"
        state = logout.state(conn, self.settings)
        if state != "in" and not login:
            return leave(conn, self.settings, "/logout")
        address = conn.client.host if conn.client else ""
        browser = known_browser.known(conn, self.settings)
        if seconds := self.attempts.wait(address, browser):
            return locked_out(conn, self.settings, address, seconds)
        given = credentials(conn)
        if given and self.is_admin(*given):
            return None if state != "out" else challenge(conn, self.settings, state)
        if given:
            self.failed(address, browser)
        return challenge(conn, self.settings, state)

    def failed(self, address: str, browser: str) -> None:
        """Counts a wrong name or password, and logs it: the address, and nothing of what was given."""
        last = self.attempts.failed(address, browser)
        shown = one_line(address) or "an unknown address"
        if not self.attempts.is_logged():
            if self.attempts.is_flooded():
                logger.warning(
                    "More than %d log-ins a minute fail: the others are counted, but not logged", LOGGED
                )
        else:
            logger.warning("Log-in from %s failed: wrong name or password", shown)
            if last:
                logger.warning("Too many failed log-ins from %s: it has to wait for up to a minute", shown)

    def remembering(self, conn: HTTPConnection, send: Send) -> Send:
        """A `send` that leaves the cookie of a known browser with the answer, where it is missing or old."""
        if conn.scope["type"] != "http" or known_browser.is_fresh(conn, self.settings):
            return send

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = known_browser.cookie(conn, self.settings)
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        return send_with_cookie

    def is_admin(self, username: str, password: str) -> bool:
        """Compares both parts in constant time, always both."""
        right_name = hmac.compare_digest(username.encode(), self.settings.admin_username.encode())
        wanted = self.settings.admin_password.get_secret_value().encode()
        return hmac.compare_digest(password.encode(), wanted) and right_name


def is_live_socket(scope: Scope) -> bool:
    """The WebSocket of a live page brings a ticket instead of a log-in; routes/live.py checks it."""
    return scope["type"] == "websocket" and route_path(scope) == LIVE_PATH


def is_open(path: str) -> bool:
    """True for what needs no log-in: the health check, the log-out page, static files."""
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)


def is_stranger(conn: HTTPConnection) -> bool:
    """True when nobody asked for a log-in, so that whoever asks may be anyone."""
    return STRANGER in conn.scope


def route_path(scope: Scope) -> str:
    """The path as the routes see it, without the proxy's prefix."""
    path: str = scope.get("path", "")
    root = scope.get("root_path", "")
    return path[len(root) :] or "/" if root and path.startswith(f"{root}/") else path


def credentials(conn: HTTPConnection) -> tuple[str, str] | None:
    """Name and password as sent, or None when there are none that can be read."""
    scheme, _, value = conn.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    # No base64, no UTF-8, or not even ASCII.
    except ValueError:
        return None
    return (name, password) if colon else None


def challenge(conn: HTTPConnection, settings: Settings, state: logout.State) -> Response:
    """Asks for the password.

    A browser sends what it was given only below the folder it was given for, until it is asked; so htmx may come
    without, and gets the challenge, which the browser answers by itself. After a wrong password a 401 would open its
    dialog over the page and make it forget, so there htmx is led away.
    """
    if render.is_htmx(conn) and (state != "in" or "authorization" in conn.headers):
        return leave(conn, settings, "/auth/login")
    response = render.outside(conn, "auth/login.html.j2", status=401, headers={"WWW-Authenticate": CHALLENGE})
    if state == "out":
        logout.remember(response, conn, settings, "asked")
    return response


def locked_out(conn: HTTPConnection, settings: Settings, address: str, seconds: int) -> Response:
    """Says why even the right password is not looked at now, and for how long."""
    return render.outside(
        conn,
        "auth/wait.html.j2",
        status=429,
        headers={"Retry-After": str(seconds)},
        address=address,
        seconds=seconds,
        failures=settings.login_failures_per_minute,
    )


def leave(conn: HTTPConnection, settings: Settings, path: str) -> Response:
    """Leads a browser, or the page that htmx polls for, to another page."""
    target = quote(settings.root_path + path)
    if render.is_htmx(conn):
        return Response(status_code=403, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
