"""CORS: which web pages may request tokens. A page of any other origin gets 403, not just a response it can't read."""

import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import log
from .errors import Refusal
from .http import PATH, address, refuse
from .metrics import Metrics

HEADERS = ("authorization", "content-type", "x-api-key")
"""Request headers that pages may always send."""
METHODS = ("GET", "POST")
EXPOSED = (b"access-control-expose-headers", b"retry-after")
VARY = (b"vary", b"origin")
NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]{1,100}")
ORIGIN = re.compile(r"https?://[a-z0-9._:\[\]-]{1,255}")
MAX_NAMES = 50
"""Names of headers that one preflight may ask for; browsers ask for a few."""


class CORS:
    """ASGI middleware. `origins` are exact and `*` means all; `headers` are allowed besides HEADERS and `*` means any.

    Counts and logs what it refuses.
    """

    def __init__(
        self,
        app: ASGIApp,
        origins: Sequence[str],
        headers: Sequence[str] = (),
        metrics: Metrics | None = None,
    ) -> None:
        self.app = app
        self.metrics = metrics
        self.all = "*" in origins
        self.origins = frozenset(origin.encode() for origin in origins if "://" in origin)
        self.any_header = "*" in headers
        self.headers = (*HEADERS, *(name for name in headers if name not in {"*", *HEADERS}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _header(scope, b"origin") if scope["type"] == "http" else None
        if origin is None:
            await self.app(scope, receive, send)
        elif not self.all and origin.lower() not in self.origins:
            await self._refuse(scope, send, origin)
        else:
            allowed = (b"access-control-allow-origin", b"*" if self.all else origin)
            if scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method"):
                headers = [allowed, VARY, *self._preflight(scope, origin)]
                await send({"type": "http.response.start", "status": 204, "headers": headers})
                await send({"type": "http.response.body"})
                return

            async def send_with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], allowed, EXPOSED, VARY]
                await send(message)

            await self.app(scope, receive, send_with_headers)

    def _preflight(self, scope: Scope, origin: bytes) -> list[tuple[bytes, bytes]]:
        """Which methods and headers are allowed. If the browser needs others, it sends no request."""
        asked = _names(_header(scope, b"access-control-request-headers") or b"")
        more = [name for name in asked if name not in self.headers]
        allowed = (*self.headers, *more) if self.any_header else self.headers
        method = (_header(scope, b"access-control-request-method") or b"").decode("latin-1")
        why = []
        if method not in METHODS:
            why.append(f"the method {log.quoted(method[:40])} is not allowed, only {' and '.join(METHODS)}.")
        if more and not self.any_header:
            line = ",".join((*self.headers[len(HEADERS) :], *more))
            why.append(f"CORS_HEADERS doesn't allow {', '.join(more)}. To allow it: CORS_HEADERS={line}")
        if why:
            log.preflight_failed(address(scope), _text(origin), " ".join(why))
        return [
            (b"access-control-allow-methods", ", ".join(METHODS).encode()),
            (b"access-control-allow-headers", ", ".join(allowed).encode()),
            (b"access-control-max-age", b"600"),
        ]

    async def _refuse(self, scope: Scope, send: Send, origin: bytes) -> None:
        text = "Pages of this origin may not request tokens. The operator can add it to CORS_ORIGINS."
        refusal = Refusal("origin_not_allowed", text, headers=(VARY,))
        log.refused(refusal, address(scope), self._why(_text(origin)))
        await refuse(send, refusal)
        # For a preflight, there is no other request to count.
        if self.metrics is not None and scope["path"] == PATH:
            self.metrics.refused(refusal.code)

    def _why(self, origin: str) -> str:
        """For the operator: the origin, and the line that would allow it."""
        why = f"CORS_ORIGINS doesn't allow {log.quoted(origin)}."
        if origin == "null":
            return f"{why} Pages from a file or in a sandboxed frame have no origin; only * allows them."
        if not ORIGIN.fullmatch(origin.lower()):
            return why
        known = sorted(known.decode() for known in self.origins)
        return f"{why} To allow it: CORS_ORIGINS={','.join((*known, origin.lower()))}"


def _names(header: bytes) -> list[str]:
    """The names of headers in a list, in lower case and each once."""
    names = (name.strip().lower() for name in header.decode("latin-1").split(",", MAX_NAMES)[:MAX_NAMES])
    return list(dict.fromkeys(name for name in names if NAME.fullmatch(name)))


def _text(value: bytes) -> str:
    return value[:300].decode("latin-1")


def _header(scope: Scope, name: bytes) -> bytes | None:
    for given, value in scope["headers"]:
        if given == name:
            return bytes(value)
    return None
