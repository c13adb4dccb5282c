"""How often one address and one key may ask: the library `limits`, in this process or in a Redis for all replicas.

While the Redis doesn't answer, each process counts for itself: the limits still hold, per replica.
"""

import logging
import math
import time
from collections.abc import Callable

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.storage.base import SlidingWindowCounterSupport
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from .windows import Windows

PREFIX = "livekit-token-server"
TIMEOUT = 0.5
"""Seconds that a Redis has to answer."""
RETRY = 5.0
"""Seconds until a Redis that did not answer is asked again."""

log = logging.getLogger("token-server")


def per_minute(count: int) -> RateLimitItem | None:
    """The limit; None for 0, which stands for none."""
    return RateLimitItemPerMinute(count, namespace=PREFIX) if count else None


class RateLimiter:
    """Counts requests. One for each event loop."""

    def __init__(self, uri: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._local = SlidingWindowCounterRateLimiter(Windows())
        self._shared = None if uri.startswith("memory:") else SlidingWindowCounterRateLimiter(_redis(uri))
        self._clock = clock
        self._down_until = 0.0

    async def retry_after(self, limit: RateLimitItem, kind: str, who: str, *, counts: bool = True) -> int:
        """0 if a request is within the limit, else the seconds to wait. Counts it, unless `counts` is false."""
        if self._shared is not None and self._clock() >= self._down_until:
            try:
                return await _asked(self._shared, limit, kind, who, counts)
            except StorageError as error:
                self._down_until = self._clock() + RETRY
                # The library's message may hold the address with its password.
                cause = type(error.__cause__ or error).__name__
                log.error(
                    "The rate limit's Redis does not answer (%s); this process counts for itself", cause
                )
        return await _asked(self._local, limit, kind, who, counts)

    async def close(self) -> None:
        """Closes connections to the Redis."""
        if self._shared is not None:
            await self._shared.storage.bridge.get_connection().aclose()  # type: ignore[attr-defined]


async def _asked(
    limiter: SlidingWindowCounterRateLimiter, limit: RateLimitItem, kind: str, who: str, counts: bool
) -> int:
    ask = limiter.hit if counts else limiter.test
    if await ask(limit, kind, who):
        return 0
    reset, _ = await limiter.get_window_stats(limit, kind, who)
    return max(1, math.ceil(reset - time.time()))


def _redis(uri: str) -> Storage:
    storage = storage_from_string(
        f"async+{uri}",
        implementation="redispy",
        wrap_exceptions=True,
        key_prefix=PREFIX,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=TIMEOUT,
    )
    assert isinstance(storage, Storage)
    assert isinstance(storage, SlidingWindowCounterSupport)
    return storage
