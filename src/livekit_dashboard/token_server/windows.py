"""Request counts in memory, for the library `limits`.

The library's own storages look at every key they hold again and again to find expired ones, which a hundred thousand
addresses make slow. Here a whole window is dropped at once when it is over, so each request costs the same.
"""

import time
from collections.abc import Callable

from limits.aio.storage import Storage
from limits.aio.storage.base import SlidingWindowCounterSupport

MAX_KEYS = 200_000
"""Keys counted one by one in each window; all others share one count."""
OTHERS = "others"


class _Pair:
    """Counts of the window that runs and of the one before it; windows begin at multiples of their length."""

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
    """A storage for the strategy “sliding window counter”: at most twice MAX_KEYS counts for each window length."""

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._pairs: dict[int, _Pair] = {}

    async def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Counts `amount` more if `limit` allows it. `expiry` is the window's length in seconds."""
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
        """Count and seconds left: of the window before, of the one that runs."""
        pair, gone = self._at(expiry)
        left = (1 - gone) * expiry
        return pair.previous.get(key, 0), left, pair.current.get(key, 0), left + expiry

    async def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forgets a key."""
        pair, _ = self._at(expiry)
        pair.current.pop(key, None)
        pair.previous.pop(key, None)

    def _at(self, expiry: int) -> tuple[_Pair, float]:
        """The counts, and which part of the running window is gone."""
        number, gone = divmod(self._clock(), expiry)
        pair = self._pairs.get(expiry)
        if pair is None:
            pair = self._pairs[expiry] = _Pair()
        pair.turn(int(number))
        return pair, gone / expiry

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing here can fail."""
        return ValueError

    async def check(self) -> bool:
        """Always there."""
        return True

    async def reset(self) -> int | None:
        """Forgets everything."""
        self._pairs.clear()
        return None

    # The fixed-window strategy would need these; they are abstract in the library.
    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Not for this strategy."""
        raise NotImplementedError

    async def get(self, key: str) -> int:
        """Not for this strategy."""
        raise NotImplementedError

    async def get_expiry(self, key: str) -> float:
        """Not for this strategy."""
        raise NotImplementedError

    async def clear(self, key: str) -> None:
        """Not for this strategy."""
        raise NotImplementedError
