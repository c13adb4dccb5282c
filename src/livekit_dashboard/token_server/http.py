"""Answers, written as ASGI messages: this is where the time of a small server goes."""

import asyncio
from collections.abc import Iterable, Sequence

from starlette.types import Receive, Scope, Send

from .errors import Refusal

BODY_TIMEOUT = 10.0
"""Seconds that a body may take which doesn't come with its headers."""

Headers = Sequence[tuple[bytes, bytes]]
CLOSE: Headers = ((b"connection", b"close"),)
JSON: Headers = ((b"content-type", b"application/json"),)
PRIVATE: Headers = (*JSON, (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


async def respond(
    send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = PRIVATE
) -> None:
    """Sends a whole answer."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def address(scope: Scope) -> str:
    """The client's address, behind trusted proxies the one that they say; empty on a Unix socket."""
    client = scope.get("client")
    return client[0] if client else ""


async def refuse(send: Send, refusal: Refusal) -> None:
    """Sends a refusal."""
    await respond(send, refusal.status, refusal.body(), (*PRIVATE, *refusal.headers))


async def read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The whole body. Raises Refusal for one that is too long or too slow."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                body = await _rest(body, receive, limit)
        except TimeoutError:
            raise Refusal(
                "body_timeout", f"The body did not come within {BODY_TIMEOUT:g} seconds.", headers=CLOSE
            ) from None
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def _rest(start: bytes, receive: Receive, limit: int) -> bytes:
    chunks, size, more = [start], len(start), True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        more = message.get("more_body", False)
        if size > limit:
            raise _too_large(limit)
    return b"".join(chunks)


def _too_large(limit: int) -> Refusal:
    return Refusal("body_too_large", f"The body must have at most {limit} bytes.")
