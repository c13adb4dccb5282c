"""Access tokens, checked as the server's middleware checks them: for every path, before routing.

A bad token is answered in plain text; a missing one passes, and is refused later, as Twirp JSON,
by whatever needs a grant.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

LEEWAY = 60
"""Seconds of clock skew allowed on ``exp`` and ``nbf``."""

_BEARER = "Bearer "


class BadTokenError(Exception):
    """A token that is refused; the message is the whole response body."""


@dataclass(frozen=True)
class Grants:
    """What a request may do. ``video`` and ``sip`` are the claims as they stand, in camelCase."""

    identity: str = ""
    video: Mapping[str, object] | None = None
    sip: Mapping[str, object] = field(default_factory=dict)

    def allows(self, grant: str) -> bool:
        """Whether the video grant of this name, ``roomList`` for one, is given."""
        return self.video is not None and self.video.get(grant) is True

    def text(self, name: str) -> str:
        """A textual video claim, ``room`` for one; empty when absent."""
        value = (self.video or {}).get(name)
        return value if isinstance(value, str) else ""


class TokenMiddleware:
    """Puts ``Grants`` into ``scope["grants"]``, or answers 401 in the server's words."""

    def __init__(self, app: ASGIApp, keys: Mapping[str, str]) -> None:
        self.app = app
        self.keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        try:
            scope["grants"] = read_grants(HTTPConnection(scope), self.keys)
        except BadTokenError as error:
            response = PlainTextResponse(str(error), 401)
            if scope["type"] == "websocket":
                await WebSocket(scope, receive, send).send_denial_response(response)
            else:
                await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def read_grants(connection: HTTPConnection, keys: Mapping[str, str]) -> Grants:
    """The grants of a request's token, none if it carries no token. Raises BadTokenError."""
    header = connection.headers.get("authorization", "")
    if header and not header.startswith(_BEARER):
        raise BadTokenError(f"invalid authorization header. Must start with {_BEARER}")
    token = header.removeprefix(_BEARER) or connection.query_params.get("access_token", "")
    return verify(token, keys) if token else Grants()


def verify(token: str, keys: Mapping[str, str]) -> Grants:
    """The grants of a token. Raises BadTokenError, whose text echoes the token as the server's does."""
    try:
        unverified = jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise BadTokenError("invalid authorization token") from error
    key = str(unverified["payload"].get("iss", ""))
    if key not in keys:
        raise BadTokenError(f"invalid API key: {key}")
    wrong = _fault(token, keys[key], unverified["header"], unverified["payload"])
    if wrong:
        raise BadTokenError(f"invalid token: {token}, error: {wrong}")
    claims = unverified["payload"]
    return Grants(
        identity=claims.get("sub") or claims.get("jti") or "",
        video=claims.get("video"),
        sip=claims.get("sip") or {},
    )


def _fault(token: str, secret: str, header: Mapping[str, object], claims: Mapping[str, object]) -> str | None:
    """What the server finds wrong with a token, in its words; None if nothing."""
    algorithm = header.get("alg")
    if algorithm != "HS256":
        return f"token signature is invalid: signing method {algorithm} is invalid"
    try:
        # The claims are checked below: the server names all that is wrong with them, PyJWT the first.
        jwt.PyJWS().decode(token, secret, ["HS256"])
    except jwt.InvalidSignatureError:
        return "token signature is invalid: signature is invalid"
    if not isinstance(claims.get("video", {}), Mapping | None):
        return "token is malformed: could not JSON decode claim"
    now = time.time()
    expiry, start = claims.get("exp"), claims.get("nbf")
    wrong = []
    if isinstance(expiry, int | float) and now >= expiry + LEEWAY:
        wrong.append("token is expired")
    if isinstance(start, int | float) and now < start - LEEWAY:
        wrong.append("token is not valid yet")
    return f"token has invalid claims: {', '.join(wrong)}" if wrong else None
