"""Limits failed logins per minute, by address and by browser. Counted in this process only."""

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from livekit_dashboard.addresses.client import network

FEW = 5  # Failed logins per minute of a known browser whose address has to wait.
LOGGED = 60  # Failed logins per minute that are logged, from all addresses together.


class LoginAttempts:
    """Failed logins in the last minute, by address (for IPv6, by /64 network) and by known browser."""

    def __init__(self, per_minute: int) -> None:
        self._of_address = RateLimitItemPerMinute(per_minute)
        self._of_browser = RateLimitItemPerMinute(min(FEW, per_minute))
        self._logged = RateLimitItemPerMinute(LOGGED)
        self._flooded = RateLimitItemPerMinute(1)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def wait(self, address: str, browser: str = "") -> int:
        """Seconds until the next login is accepted, even with the right password; 0 if it is accepted now.

        `browser` is the id from its cookie, empty for a browser that never logged in.
        """
        item, key = self._counted(address, browser)
        if self._window.test(item, key):
            return 0
        return max(1, math.ceil(self._window.get_window_stats(item, key).reset_time - time.time()))

    def failed(self, address: str, browser: str = "") -> bool:
        """Counts a failed login. True if the limit is now reached."""
        item, key = self._counted(address, browser)
        self._window.hit(item, key)
        return not self._window.test(item, key)

    def is_logged(self) -> bool:
        """Whether one more failed login is to be logged: a flood of logins must not flood the log."""
        return self._window.hit(self._logged, "log")

    def is_flooded(self) -> bool:
        """True once a minute, to log that further failed logins are not logged."""
        return self._window.hit(self._flooded, "log")

    def _counted(self, address: str, browser: str) -> tuple[RateLimitItemPerMinute, str]:
        """The limit and the key that count: the address's, or if that is exhausted the known browser's."""
        key = f"address {network(address)}"
        if browser and not self._window.test(self._of_address, key):
            return self._of_browser, f"browser {browser}"
        return self._of_address, key
