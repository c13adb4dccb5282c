"""How often one address, or one browser, may fail to log in a minute. Counted in this process only."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ..addresses import network

FEW = 5  # Failures a minute of a known browser whose address is locked out.
LOGGED = 60  # Failures a minute that are logged one by one, of all addresses together.


class LoginAttempts:
    """Failed log-ins over the last minute: by address (of IPv6, by a customer's network) and by known browser."""

    def __init__(self, per_minute: int) -> None:
        self._of_address = RateLimitItemPerMinute(per_minute)
        self._of_browser = RateLimitItemPerMinute(min(FEW, per_minute))
        self._logged = RateLimitItemPerMinute(LOGGED)
        self._flooded = RateLimitItemPerMinute(1)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, address: str, browser: str = "") -> int:
        """Seconds until another try is looked at, the right password included; 0 if this one is.

        `browser` is what its cookie says, empty for one that never logged in.
        """
        item, key = self._counted(address, browser)
        if self._window.test(item, key):
            return 0
        return max(1, math.ceil(self._window.get_window_stats(item, key).reset_time - time.time()))

    def failed(self, address: str, browser: str = "") -> bool:
        """Counts a failure. True if it was the last one that was free."""
        item, key = self._counted(address, browser)
        self._window.hit(item, key)
        return not self._window.test(item, key)

    def is_logged(self) -> bool:
        """Whether one more failure is logged by itself; who floods the log-in must not flood the log."""
        return self._window.hit(self._logged, "log")

    def is_flooded(self) -> bool:
        """True once a minute, to log that more failures than that are not logged."""
        return self._window.hit(self._flooded, "log")

    def _counted(self, address: str, browser: str) -> tuple[RateLimitItemPerMinute, str]:
        """By address, and where that is exhausted by browser."""
        key = f"address {network(address)}"
        if browser and not self._window.test(self._of_address, key):
            return self._of_browser, f"browser {browser}"
        return self._of_address, key
