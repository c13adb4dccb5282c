"""Prometheus metrics, served if TOKEN_SERVER_METRICS is set."""

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

CONTENT_TYPE = CONTENT_TYPE_LATEST
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Metrics:
    """Metrics of one app."""

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
            "Refused token requests, by code of the response.",
            ["code"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "token_server_request_seconds",
            "Time from a token request to its response.",
            buckets=BUCKETS,
            registry=self._registry,
        )

    def generated(self, key: str, seconds: float) -> None:
        """Counts a token."""
        self._tokens.labels(key).inc()
        self._seconds.observe(seconds)

    def refused(self, code: str, seconds: float | None = None) -> None:
        """Counts a refusal. `seconds` is its duration, None if it was not measured."""
        self._refused.labels(code).inc()
        if seconds is not None:
            self._seconds.observe(seconds)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)
