"""Bulk actions of list pages: which things are meant, how far it is, and what became of each."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.addresses.names import decode_name, decode_pair, encode_pair
from livekit_dashboard.app_state import app_state
from livekit_dashboard.services import bulk
from livekit_dashboard.services.bulk import Result

from .event_stream import event_stream, takes_events
from .filters import plural
from .render import done, piece

SHOWN = 5
# Fewer are done before a progress bar would be seen.
WORTH_A_BAR = 10
# Seconds between two messages of a progress bar.
STEP = 0.2


@dataclass(frozen=True)
class Job:
    """What is done to many things, in words: `Close`, `Closed`, `room`, `rooms`."""

    verb: str
    past: str
    noun: str
    many: str = ""

    def count(self, number: int) -> str:
        return plural(number, self.noun, self.many)


def picked(segments: Iterable[object]) -> list[str]:
    """The names behind the ticked boxes, each once. They travel as in addresses: browsers rewrite line ends."""
    names: dict[str, None] = {}
    for segment in segments:
        try:
            names[decode_name(str(segment))] = None
        except ValueError:
            continue
    return list(names)


def picked_pairs(texts: Iterable[object]) -> dict[str, tuple[str, str]]:
    """The same where two names are needed, by the text that stands for both."""
    pairs: dict[str, tuple[str, str]] = {}
    for text in texts:
        try:
            pair = decode_pair(str(text))
        except ValueError:
            continue
        pairs[encode_pair(*pair)] = pair
    return pairs


async def perform(
    request: Request,
    to: str,
    job: Job,
    names: Sequence[str],
    action: Callable[[str], Awaitable[object]],
    shown: Callable[[str], str] = str,
) -> Response:
    """Does it to each, a few at a time. To htmx it tells how far it is, in the answer itself: so it works whichever
    replica was asked, and ends when the browser hangs up. `shown` is how the reader knows a name."""
    if len(names) > WORTH_A_BAR and takes_events(request):
        return event_stream(_progress(request, to, job, names, action, shown))
    results = [replace(result, name=shown(result.name)) for result in await bulk.each(names, action)]
    failed = [result for result in results if result.error]
    text = f"{job.past} {job.count(len(results) - len(failed))}" + (
        f", {len(failed)} failed" if failed else ""
    )
    more = f"; and {len(failed) - SHOWN} more" if len(failed) > SHOWN else ""
    detail = "; ".join(map(_why, failed[:SHOWN])) + more
    return done(request, to, text, detail, kind="warn" if failed else "ok")


async def _progress(
    request: Request,
    to: str,
    job: Job,
    names: Sequence[str],
    action: Callable[[str], Awaitable[object]],
    shown: Callable[[str], str],
) -> AsyncIterator[str]:
    results: list[Result] = []
    told = 0.0
    async for result in bulk.as_done(names, action):
        results.append(replace(result, name=shown(result.name)))
        if time.monotonic() - told >= STEP or len(results) == len(names):
            told = time.monotonic()
            yield piece(request, "_progress.html.j2", job=job, total=len(names), results=results, to=to)
    app_state(request).hub.wake()


def _why(result: Result) -> str:
    return f"{result.name}: {result.error.reason or result.error.title}" if result.error else result.name
