"""Request counts in memory, for the library `limits`.

The library's own storages scan all keys for expired ones, which is slow with a hundred thousand addresses. Here a whole
window is dropped at its end, so each request costs the same.
"""

import time
from collections.abc import Callable

from limits.aio.storage import Storage
from limits.aio.storage.base import SlidingWindowCounterSupport

MAX_KEYS = 200_000
"""Keys with a count of their own in each window; all others share one."""
OTHERS = "others"


class _Pair:
    """Counts of the current window and of the previous one. Windows begin at multiples of their length."""

    def __init__(self) -> None:
        self.number = 0
        self.current: dict[str, int] = {}
        self.previous: dict[str, int] = {}

    def turn(self, number: int) -> None:
        if number != self.number:
            self.previous = self.current if number == self.number + 1 else {}
            self.current = {}
            self.number = number


class Windows(Storage, SlidingWindowCounterSupport):
    """A storage for the strategy “sliding window counter”. Holds at most 2 × MAX_KEYS counts per window length."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._pairs: dict[int, _Pair] = {}

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Adds `amount` if `limit` allows it, and tells whether it did. `expiry` is the window's length in seconds."""
        pair, gone = self._at(expiry)
        if len(pair.current) >= MAX_KEYS and key not in pair.current:
            key = OTHERS
        count = pair.current.get(key, 0)
        weighted = count + pair.previous.get(key, 0) * (1 - gone)
        if int(weighted) + amount > limit:
            return False
        pair.current[key] = count + amount
        return True

    async def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Count and seconds left of the previous window, then of the current one."""
        pair, gone = self._at(expiry)
        left = (1 - gone) * expiry
        return pair.previous.get(key, 0), left, pair.current.get(key, 0), left + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Deletes the counts of a key."""
        pair, _ = self._at(expiry)
        pair.current.pop(key, None)
        pair.previous.pop(key, None)

    def _at(self, expiry: int) -> tuple[_Pair, float]:
        """The counts, and the elapsed fraction of the current window."""
        number, gone = divmod(self._clock(), expiry)
        pair = self._pairs.get(expiry)
        if pair is None:
            pair = self._pairs[expiry] = _Pair()
        pair.turn(int(number))
        return pair, gone / expiry

    @property
    def base_exceptions(self) -> type[Exception]:
        """No error of this storage needs handling."""
        return ValueError

    async def check(self) -> bool:
        """Always available."""
        return True

    async def reset(self) -> int | None:
        """Deletes all counts."""
        self._pairs.clear()
        return None

    # Abstract in the library, used by its fixed-window strategy only.
    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Not used by this strategy."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """Not used by this strategy."""
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        """Not used by this strategy."""
        raise NotImplementedError

    async def clear(self, key: str) -> None:
        """Not used by this strategy."""
        raise NotImplementedError
