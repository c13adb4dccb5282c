"""HTTP Basic authentication for all paths but a short list, whether a page exists there or not."""

import base64
import hmac
import logging
from typing import Protocol
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from livekit_dashboard.config import Settings
from livekit_dashboard.htmx import is_htmx
from livekit_dashboard.live.in_process import TRUSTED
from livekit_dashboard.services.errors.outages import one_line

from . import known_browser, logout
from .rate_limit import LOGGED, LoginAttempts

logger = logging.getLogger(__name__)

# The only paths that need no login, with the prefix below.
OPEN_PATHS = frozenset({"/health", "/logout", "/webhooks/livekit"})
OPEN_PREFIX = "/static/"
LIVE_PATH = "/live"
STRANGER = "livekit_dashboard.stranger"
CHALLENGE = 'Basic realm="LiveKit dashboard", charset="UTF-8"'


class Show(Protocol):
    """Renders a template with none of the dashboard's navigation or data."""

    def __call__(
        self, conn: HTTPConnection, template: str, *, status: int, headers: dict[str, str], **context: object
    ) -> Response: ...


class BasicAuth:
    """ASGI middleware: passes on requests with the admin's credentials, and answers all others itself."""

    def __init__(self, app: ASGIApp, settings: Settings, show: Show) -> None:
        """`show` renders a page for a client that isn't logged in."""
        self.app = app
        self.settings = settings
        self.show = show
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
        """None for a request that may pass; else the response to send instead."""
        login = route_path(conn.scope) == "/auth/login"
        state = logout.state(conn, self.settings)
        if state != "in" and not login:
            return leave(conn, self.settings, "/logout")
        address = conn.client.host if conn.client else ""
        browser = known_browser.known(conn, self.settings)
        if seconds := self.attempts.wait(address, browser):
            return self.locked_out(conn, address, seconds)
        given = credentials(conn)
        if given and self.is_admin(*given):
            return None if state != "out" else self.challenge(conn, state)
        if given:
            self.failed(address, browser)
        return self.challenge(conn, state)

    def failed(self, address: str, browser: str) -> None:
        """Counts a wrong name or password and logs its address, but neither name nor password."""
        last = self.attempts.failed(address, browser)
        shown = one_line(address) or "an unknown address"
        if not self.attempts.is_logged():
            if self.attempts.is_flooded():
                logger.warning(
                    "More than %d failed logins in a minute: further ones are counted, but not logged", LOGGED
                )
        else:
            logger.warning("Login from %s failed: wrong user name or password", shown)
            if last:
                logger.warning(
                    "Too many failed logins from %s: its logins are rejected for up to a minute", shown
                )

    def remembering(self, conn: HTTPConnection, send: Send) -> Send:
        """A `send` that adds the cookie of a known browser to the response, if the browser has none or an old one."""
        if conn.scope["type"] != "http" or known_browser.is_fresh(conn, self.settings):
            return send

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = known_browser.cookie(conn, self.settings)
                MutableHeaders(scope=message).append("Set-Cookie", cookie)
            await send(message)

        return send_with_cookie

    def is_admin(self, username: str, password: str) -> bool:
        """Whether both are the admin's. Compares in constant time, and always both."""
        right_name = hmac.compare_digest(username.encode(), self.settings.admin_username.encode())
        wanted = self.settings.admin_password.get_secret_value().encode()
        return hmac.compare_digest(password.encode(), wanted) and right_name

    def challenge(self, conn: HTTPConnection, state: logout.State) -> Response:
        """A 401 that makes the browser ask for the password, or for htmx a redirect to the login page.

        Until it is challenged, a browser sends credentials only below the folder in which they were entered. A request of
        htmx may therefore lack them; it gets the 401, which the browser answers by itself. If its credentials were wrong, a
        401 would open the browser's dialog over the page, so it is redirected.
        """
        if is_htmx(conn) and (state != "in" or "authorization" in conn.headers):
            return leave(conn, self.settings, "/auth/login")
        response = self.show(conn, "auth/login.html.j2", status=401, headers={"WWW-Authenticate": CHALLENGE})
        if state == "out":
            logout.remember(response, conn, self.settings, "asked")
        return response

    def locked_out(self, conn: HTTPConnection, address: str, seconds: int) -> Response:
        """The 429 for an address that has to wait: says why, and for how many seconds."""
        return self.show(
            conn,
            "auth/wait.html.j2",
            status=429,
            headers={"Retry-After": str(seconds)},
            address=address,
            seconds=seconds,
            failures=self.settings.login_failures_per_minute,
        )


def is_live_socket(scope: Scope) -> bool:
    """Whether it is the WebSocket of a live page, which has a ticket instead of a login; routes/live.py checks it."""
    return scope["type"] == "websocket" and route_path(scope) == LIVE_PATH


def is_open(path: str) -> bool:
    """Whether the path needs no login."""
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)


def is_stranger(conn: HTTPConnection) -> bool:
    """Whether the request passed without a login, so that the response must not show anything of the server."""
    return STRANGER in conn.scope


def route_path(scope: Scope) -> str:
    """The path without ROOT_PATH, as the routes match it."""
    path: str = scope.get("path", "")
    root = scope.get("root_path", "")
    return path[len(root) :] or "/" if root and path.startswith(f"{root}/") else path


def credentials(conn: HTTPConnection) -> tuple[str, str] | None:
    """User name and password as sent, or None if there are none, or none that can be decoded."""
    scheme, _, value = conn.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    # Not base64, not UTF-8, or not ASCII.
    except ValueError:
        return None
    return (name, password) if colon else None


def leave(conn: HTTPConnection, settings: Settings, path: str) -> Response:
    """Redirects a browser to another page, or tells htmx to."""
    target = quote(settings.root_path + path)
    if is_htmx(conn):
        return Response(status_code=403, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)
