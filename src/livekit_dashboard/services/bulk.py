"""The same action on several things, a few at a time; one that fails doesn't stop the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from livekit_dashboard.services.errors.tree import LiveKitError

AT_ONCE = 10


@dataclass(frozen=True)
class Result:
    """What became of one; `error` is None where it worked."""

    name: str
    error: LiveKitError | None = None


async def as_done(names: Sequence[str], action: Callable[[str], Awaitable[object]]) -> AsyncIterator[Result]:
    """Each result when it is there. Who stops listening stops what has not begun and what is under way."""
    gate = asyncio.Semaphore(AT_ONCE)
    tasks = [asyncio.create_task(_one(name, action, gate)) for name in names]
    try:
        for task in asyncio.as_completed(tasks):
            yield await task
    finally:
        for unfinished in tasks:
            unfinished.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def each(names: Sequence[str], action: Callable[[str], Awaitable[object]]) -> Sequence[Result]:
    """Results in the order of the names."""
    gate = asyncio.Semaphore(AT_ONCE)
    return await asyncio.gather(*(_one(name, action, gate) for name in names))


async def _one(name: str, action: Callable[[str], Awaitable[object]], gate: asyncio.Semaphore) -> Result:
    async with gate:
        try:
            await action(name)
        except LiveKitError as error:
            return Result(name, error)
        return Result(name)
