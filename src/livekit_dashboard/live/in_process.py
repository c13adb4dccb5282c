"""Requests a page from the app inside this process, for the hub: the same page that a browser would get."""

import logging
from dataclasses import dataclass
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

logger = logging.getLogger(__name__)

# Marks the scope of a request from this process. A request from the network can't set it.
TRUSTED = "livekit_dashboard.live.in_process"


@dataclass(frozen=True)
class Answer:
    """The response. Header names are in lower case."""

    status: int
    headers: dict[str, str]
    text: str


async def ask(app: ASGIApp, address: str, headers: dict[str, str]) -> Answer:
    """GETs an address (path and query, as in a link). An exception of the app is logged, and becomes a 500."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": None,
        "server": ("in-process", 0),
        TRUSTED: True,
    }
    status = 500
    received: dict[str, str] = {}
    body: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            received.update(
                {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
            )
        elif message["type"] == "http.response.body":
            body.append(message.get("body", b""))

    try:
        await app(scope, receive, send)
    except Exception:
        logger.exception("A page crashed: %s", path)
    return Answer(status, received, b"".join(body).decode("utf-8", "replace"))
