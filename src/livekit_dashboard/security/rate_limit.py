"""How often one address may fail to log in. Counted in this process only: the dashboard shares no state."""

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ..addresses import network


class LoginAttempts:
    """Failed log-ins per address over the last minute; of IPv6, per network of a customer."""

    def __init__(self, per_minute: int) -> None:
        self._limit = RateLimitItemPerMinute(per_minute)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def exhausted(self, address: str) -> bool:
        """True while the address has to wait; then even the right password is not looked at."""
        return not self._window.test(self._limit, network(address))

    def failed(self, address: str) -> None:
        self._window.hit(self._limit, network(address))
