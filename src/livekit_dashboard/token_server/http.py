"""Answers, written as ASGI messages: this is where the time of a small server goes."""

import asyncio
from collections.abc import Generator, Iterable, Sequence
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from .errors import Refusal

BODY_TIMEOUT = 10.0
"""Seconds that a body may take which doesn't come with its headers, from them to its last byte."""

PATH = "/token"
"""The path that all this is for."""
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
    first = _Received(receive)
    if first.message is not None and not first.message.get("more_body"):
        body: bytes = first.message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        return body
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            return await _pieces(await first, receive, limit)
    except TimeoutError:
        raise Refusal(
            "body_timeout", f"The body did not come within {BODY_TIMEOUT:g} seconds.", headers=CLOSE
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


class _Received:
    """One message, asked for at once: `message` if it was there already, else None, and this has to be awaited.

    Most are there, and a timer around each would cost more than all else in this file.
    """

    def __init__(self, receive: Receive) -> None:
        self.message: Message | None = None
        self._steps = receive().__await__()
        try:
            # The first step of what `await` does; it ends here unless there is something to wait for.
            self._awaited = next(self._steps)
        except StopIteration as done:
            self.message = done.value

    def __await__(self) -> Generator[Any, None, Message]:
        """Goes on where the first step stopped."""
        if self.message is None:
            try:
                yield self._awaited
                self.message = yield from self._steps
            finally:
                self._steps.close()
        return self.message


def _too_large(limit: int) -> Refusal:
    return Refusal("body_too_large", f"The body must have at most {limit} bytes.")
