"""Reads requests and writes responses as plain ASGI messages, because a framework would take most of the time."""

import asyncio
from collections.abc import Generator, Iterable, Sequence
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from .errors import Refusal

BODY_TIMEOUT = 10.0
"""Seconds from the headers of a request to the last byte of its body."""

PATH = "/token"
"""Path of the token endpoint."""
Headers = Sequence[tuple[bytes, bytes]]
CLOSE: Headers = ((b"connection", b"close"),)
JSON: Headers = ((b"content-type", b"application/json"),)
PRIVATE: Headers = (*JSON, (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


async def respond(
    send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = PRIVATE
) -> None:
    """Sends a whole response."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def address(scope: Scope) -> str:
    """The client's address, as trusted proxies report it; empty on a Unix socket."""
    client = scope.get("client")
    return client[0] if client else ""


async def refuse(send: Send, refusal: Refusal) -> None:
    """Sends a refusal."""
    await respond(send, refusal.status, refusal.body(), (*PRIVATE, *refusal.headers))


async def read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The whole body. Raises Refusal for one that exceeds `limit` bytes or BODY_TIMEOUT."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    # The first step of what `await` does. Most bodies have arrived already, so it is the last one, too. A timer around
    # each of them would cost more than everything else in this file.
    steps = receive().__await__()
    first = step = None
    try:
        step = next(steps)
    except StopIteration as there:
        first = there.value
        if not first.get("more_body"):
            body: bytes = first.get("body", b"")
            if len(body) > limit:
                raise _too_large(limit) from None
            return body
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            return await _pieces(first or await _Resumed(step, steps), receive, limit)
    except TimeoutError:
        raise Refusal(
            "body_timeout", f"The body did not arrive within {BODY_TIMEOUT:g} seconds.", headers=CLOSE
        ) from None


async def _pieces(message: Message, receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()


class _Resumed:
    """Awaits a coroutine that has made its first step already."""

    def __init__(self, step: object, steps: Generator[Any, None, Message]) -> None:
        self._step = step
        self._steps = steps

    def __await__(self) -> Generator[Any, None, Message]:
        """The result of the coroutine."""
        try:
            yield self._step
            return (yield from self._steps)
        finally:
            self._steps.close()


def _too_large(limit: int) -> Refusal:
    return Refusal("body_too_large", f"The body must have at most {limit} bytes.")
