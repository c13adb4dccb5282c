"""Rate limits for addresses and keys, counted in this process or in a Redis for all replicas, by the library `limits`.

While the Redis does not answer, each process counts for itself, so the limits apply per replica.
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
"""Seconds to wait for a response of the Redis."""
RETRY = 5.0
"""Seconds until a Redis that did not answer is tried again."""

log = logging.getLogger("token-server")


def per_minute(count: int) -> RateLimitItem | None:
    """The limit; None for 0, which means no limit."""
    return RateLimitItemPerMinute(count, namespace=PREFIX) if count else None


class RateLimiter:
    """Counts requests. Belongs to one event loop."""

    def __init__(self, uri: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._local = SlidingWindowCounterRateLimiter(Windows())
        self._shared = None if uri.startswith("memory:") else SlidingWindowCounterRateLimiter(_redis(uri))
        self._clock = clock
        self._down_until = 0.0

    async def retry_after(self, limit: RateLimitItem, kind: str, who: str, *, counts: bool = True) -> int:
        """0 if a request is within the limit, else the seconds to wait. Counts the request if `counts`."""
        if self._shared is not None and self._clock() >= self._down_until:
            try:
                return await _asked(self._shared, limit, kind, who, counts)
            except StorageError as error:
                self._down_until = self._clock() + RETRY
                # The library's message may contain the address with its password.
                cause = type(error.__cause__ or error).__name__
                log.error(
                    "TOKEN_SERVER_RATE_LIMIT_STORAGE does not answer (%s). This process counts requests on its own",
                    cause,
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
