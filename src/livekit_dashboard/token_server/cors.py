"""Which web pages may ask. A page of any other origin gets nothing at all, not just an answer it can't read."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import log
from .errors import Refusal
from .http import PATH, address, refuse
from .metrics import Metrics

ALLOWED = (
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type, x-api-key"),
    (b"access-control-max-age", b"600"),
)
EXPOSED = (b"access-control-expose-headers", b"retry-after")
VARY = (b"vary", b"origin")


class CORS:
    """ASGI middleware. `origins` are exact; `*` stands for all. Counts who is refused a token."""

    def __init__(self, app: ASGIApp, origins: Sequence[str], metrics: Metrics | None = None) -> None:
        self.app = app
        self.metrics = metrics
        self.all = "*" in origins
        self.origins = frozenset(origin.encode() for origin in origins if "://" in origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _header(scope, b"origin") if scope["type"] == "http" else None
        if origin is None:
            await self.app(scope, receive, send)
        elif not self.all and origin.lower() not in self.origins:
            await self._refuse(scope, send)
        else:
            allowed = (b"access-control-allow-origin", b"*" if self.all else origin)
            if scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method"):
                headers = [allowed, VARY, *ALLOWED]
                await send({"type": "http.response.start", "status": 204, "headers": headers})
                await send({"type": "http.response.body"})
                return

            async def send_with_headers(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], allowed, EXPOSED, VARY]
                await send(message)

            await self.app(scope, receive, send_with_headers)

    async def _refuse(self, scope: Scope, send: Send) -> None:
        text = "Pages of this origin may not ask. Its operator can add it to CORS_ORIGINS."
        refusal = Refusal("origin_not_allowed", text, headers=(VARY,))
        log.refused(refusal, address(scope))
        await refuse(send, refusal)
        # Of a browser that asks first whether it may, that is all that ever comes.
        if self.metrics is not None and scope["path"] == PATH:
            self.metrics.refused(refusal.code)


def _header(scope: Scope, name: bytes) -> bytes | None:
    for given, value in scope["headers"]:
        if given == name:
            return bytes(value)
    return None
