"""Prometheus metrics, when asked for."""

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Metrics:
    """Figures of one app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._tokens = Counter(
            "token_server_tokens",
            "Tokens generated, by name of the API key, or jwt, or open.",
            ["key"],
            registry=self._registry,
        )
        self._refused = Counter(
            "token_server_refused",
            "Requests for a token that were refused, by code of the answer.",
            ["code"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "token_server_request_seconds",
            "Time from a request for a token to its answer.",
            buckets=BUCKETS,
            registry=self._registry,
        )

    def generated(self, key: str, seconds: float) -> None:
        """Counts a token."""
        self._tokens.labels(key).inc()
        self._seconds.observe(seconds)

    def refused(self, code: str, seconds: float | None = None) -> None:
        """Counts a refusal; without `seconds`, one that came before or after the time is taken."""
        self._refused.labels(code).inc()
        if seconds is not None:
            self._seconds.observe(seconds)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._registry)
