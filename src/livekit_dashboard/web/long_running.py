"""Single calls that take long: how far they are, in the answer itself, and what became of them."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.app_state import app_state
from livekit_dashboard.services.errors.tree import LiveKitError

from . import flash
from .event_stream import event_stream, takes_events
from .render import done, piece, rendered

log = logging.getLogger(__name__)

# Seconds within which an answer is no wait: it comes as every other does.
GRACE = 0.6
# Seconds between two messages of a progress bar.
STEP = 1.0


@dataclass(frozen=True)
class Arrived:
    """What a wait that ended well leads to, and the message there; as the arguments of `done`."""

    to: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Wait:
    """What is waited for, in words, and for how many seconds LiveKit may take."""

    doing: str
    seconds: float
    hint: str
    """What becomes of it when no request waits for it any more."""
    away: str
    """Where to go instead of waiting."""
    stop: str = ""
    """What is posted to end it, from when `watch` has seen it on; `hang_up` of a call. Empty if LiveKit can't."""


Work = Coroutine[Any, Any, Arrived | Response]
Watch = Callable[[], Awaitable[str]]


async def awaited(request: Request, wait: Wait, work: Work, watch: Watch | None = None) -> Response:
    """Where the work leads to, or the page that it gives in its place. To htmx it tells meanwhile how far it is, and
    the word that `watch` has for it. Leaving the page doesn't end the work: LiveKit would go on with it, unheard."""
    task = asyncio.create_task(work)
    task.add_done_callback(_log_failure)
    if takes_events(request):
        await asyncio.wait({task}, timeout=GRACE)
        if not task.done():
            return event_stream(_progress(request, wait, task, watch))
    result = await asyncio.shield(task)
    return done(request, result.to, result.text, result.detail) if isinstance(result, Arrived) else result


async def _progress(
    request: Request, wait: Wait, task: "asyncio.Task[Arrived | Response]", watch: Watch | None
) -> AsyncIterator[str]:
    began = time.monotonic() - GRACE
    seen = ""
    while not task.done():
        if watch is not None:
            # What fails is among the recent errors, and the work itself hears of an outage too.
            with suppress(LiveKitError):
                seen = await watch()
        elapsed = time.monotonic() - began
        yield piece(request, "_wait.html.j2", wait=wait, elapsed=elapsed, seen=seen)
        await asyncio.wait({task}, timeout=STEP)
    if task.cancelled() or task.exception() is not None:
        message = flash.Message("The dashboard failed", "Its log has the details.", "bad")
        yield piece(request, "_wait_failed.html.j2", message=message)
        return
    result = task.result()
    if isinstance(result, Arrived):
        app_state(request).hub.wake()
        note = flash.carried(
            app_state(request).settings, result.to, flash.Message(result.text, result.detail)
        )
        to = app_state(request).paths.to("arrived", {"with": note})
        yield piece(request, "_wait_over.html.j2", result=result, to=to)
    else:
        yield piece(request, "_wait_instead.html.j2", html=rendered(result))


def _log_failure(task: "asyncio.Task[Arrived | Response]") -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("A long call ended in a mistake of ours", exc_info=task.exception())
