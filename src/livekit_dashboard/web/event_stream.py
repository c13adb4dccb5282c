"""Answers that come in parts, as server-sent events: htmx puts each part into the page when it is there."""

import re
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

# What ends a line here. Names may hold characters that Python takes for line ends too, and would lose them.
LINE_END = re.compile(r"\r\n|\r|\n")


def takes_events(request: Request) -> bool:
    """True when htmx asks; a browser without a script waits for the whole answer."""
    return "text/event-stream" in request.headers.get("accept", "")


def event_stream(pieces: AsyncIterator[str]) -> StreamingResponse:
    """Each piece of HTML as an event. When the browser hangs up, the iterator is closed."""
    return StreamingResponse(
        _events(pieces),
        media_type="text/event-stream",
        # nginx would hold it all back to the end.
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


async def _events(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    async for html in pieces:
        yield "".join(f"data: {line}\n" for line in LINE_END.split(html)) + "\n"
