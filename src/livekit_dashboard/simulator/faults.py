"""Faults on demand: what an operator's server, proxy or network does wrong.

Faults act on whole requests, before the token is looked at, so they reach every path.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from .errors import STATUS, TwirpError

Kind = Literal["delay", "hang", "refuse", "error", "garbage", "cut", "html", "redirect"]

TWIRP_PREFIX = "/twirp/livekit."

_PAGE = "<!doctype html><title>Welcome</title><h1>It works!</h1>"
_HALF_AN_ANSWER = b"\n"


@dataclass(frozen=True)
class Fault:
    """One way to misbehave.

    ``match`` is a glob over "Service/Method" for Twirp calls and over the path for all else
    ("/", "/rtc/validate", "/agent"); "*" is everything. By ``kind``:

    - ``delay``: answer properly, ``seconds`` late; a call that the client has given up by then is not done
    - ``hang``: never answer
    - ``refuse``: drop the connection without an answer (to have nothing listen at all,
      leave ``running``)
    - ``error``: a Twirp error of ``code``, ``message`` and ``meta``, sent with its own status
    - ``garbage``: 200 and ``body``, which is no protobuf
    - ``cut``: drop the connection in the middle of a 200
    - ``html``: a web page with ``status``, as of something that is not LiveKit
    - ``redirect``: 307 to the same path at ``location``, an origin
    """

    kind: Kind
    match: str = "*"
    seconds: float = 0.0
    code: str = "unavailable"
    message: str = "simulated"
    meta: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    location: str = ""
    body: bytes = b"\xff\xfe not protobuf"

    def __post_init__(self) -> None:
        if self.code not in STATUS:
            raise ValueError(f"{self.code} is not a Twirp error code")


class Faults:
    """The faults in force. Of several that match a request, the one added first acts."""

    def __init__(self) -> None:
        self._active: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault, *, times: int | None = None) -> Fault:
        """Put a fault in force, for the next ``times`` matching requests or until removed."""
        self._active.append((fault, times))
        return fault

    def remove(self, fault: Fault) -> None:
        """Take a fault out of force; one that has run out already is no matter."""
        self._active = [(active, left) for active, left in self._active if active != fault]

    def clear(self) -> None:
        """Take all faults out of force."""
        self._active.clear()

    def take(self, subject: str) -> Fault | None:
        """The fault that is to act on a request, counted as used."""
        for index, (fault, left) in enumerate(self._active):
            if fnmatchcase(subject, fault.match):
                if left == 1:
                    del self._active[index]
                elif left is not None:
                    self._active[index] = (fault, left - 1)
                return fault
        return None


class FaultMiddleware:
    """Acts the faults out."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = None if scope["type"] == "lifespan" else self.faults.take(subject(scope["path"]))
        if fault is None:
            await self.app(scope, receive, send)
        elif fault.kind == "delay":
            await self._late(fault.seconds, scope, receive, send)
        elif fault.kind == "hang":
            await _gone(receive)
        elif fault.kind in ("refuse", "cut"):
            await _drop(scope, receive, send, midway=fault.kind == "cut")
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(_response(fault, scope))
        else:
            # A server reads the request before it answers; not doing so would reset the connection.
            await Request(scope, receive).body()
            await _response(fault, scope)(scope, receive, send)

    async def _late(self, seconds: float, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await asyncio.sleep(seconds)
            return await self.app(scope, receive, send)
        body = await Request(scope, receive).body()
        try:
            async with asyncio.timeout(seconds):
                await _gone(receive)
        except TimeoutError:
            await self.app(scope, _received(body, receive), send)


def subject(path: str) -> str:
    """What a fault's ``match`` is held against: "Service/Method", or the path of all else."""
    return path.removeprefix(TWIRP_PREFIX)


def _response(fault: Fault, scope: Scope) -> Response:
    if fault.kind == "error":
        return TwirpError(fault.code, fault.message, fault.meta).response()
    if fault.kind == "html":
        return HTMLResponse(_PAGE, fault.status)
    if fault.kind == "redirect":
        return RedirectResponse(fault.location + scope["path"])
    return Response(fault.body, media_type="application/protobuf")


async def _drop(scope: Scope, receive: Receive, send: Send, *, midway: bool) -> None:
    if midway and scope["type"] == "http":
        headers = [(b"content-type", b"application/protobuf"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": _HALF_AN_ANSWER, "more_body": True})
    # ASGI has no way to drop a connection: the runner, which owns the sockets, lends us one.
    scope["state"]["drop"](scope["client"])
    await _gone(receive)


def _received(body: bytes, receive: Receive) -> Receive:
    """What the app receives of a request whose body has been read already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay


async def _gone(receive: Receive) -> None:
    """Return once the client has gone."""
    message: Message = {"type": ""}
    while message["type"] not in ("http.disconnect", "websocket.disconnect"):
        message = await receive()
