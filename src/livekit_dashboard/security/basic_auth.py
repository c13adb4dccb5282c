"""HTTP Basic for everything that the app serves, pages that don't exist included."""

import base64
import hmac
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import render
from ..config import Settings
from ..in_process import TRUSTED
from . import logout
from .rate_limit import LoginAttempts

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
            await self.app(scope, receive, send)
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
        if self.attempts.exhausted(address):
            return render.outside(conn, "auth/wait.html.j2", status=429, headers={"Retry-After": "60"})
        given = credentials(conn)
        if given and self.is_admin(*given):
            return None if state != "out" else challenge(conn, self.settings, state)
        if given:
            self.attempts.failed(address)
        return challenge(conn, self.settings, state)

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


def leave(conn: HTTPConnection, settings: Settings, path: str) -> Response:
    """Leads a browser, or the page that htmx polls for, to another page."""
    target = quote(settings.root_path + path)
    if render.is_htmx(conn):
        return Response(status_code=403, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
