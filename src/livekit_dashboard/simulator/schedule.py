"""What happens later in a simulated world: asyncio tasks, which end with the app."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Schedule:
    """Things that are due. Every one of them ends by itself; ``close`` ends them at once."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Let something happen in so many seconds. It must cope with what has changed by then."""
        self.start(_later(seconds, action))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Let something take its time. Needs a running event loop."""
        # asyncio itself holds tasks weakly: one without another reference may be collected before it ends.
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Return once nothing is due, raising what has gone wrong meanwhile."""
        while self._tasks:
            done, _ = await asyncio.wait(set(self._tasks))
            for task in done:
                if not task.cancelled():
                    task.result()

    async def close(self) -> None:
        """Call off all that is due, and return when it has stopped."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _later(seconds: float, action: Callable[[], object]) -> None:
    await asyncio.sleep(seconds)
    action()
