"""LiveKit's response times, measured on the calls that pages make."""

from collections import deque
from dataclasses import dataclass
from statistics import quantiles

WINDOW = 120


@dataclass(frozen=True)
class Figures:
    """Milliseconds over the last calls, the newest last. Percentiles need two calls, the last one needs one."""

    samples: tuple[float, ...]

    @property
    def last(self) -> float | None:
        return self.samples[-1] if self.samples else None

    @property
    def p50(self) -> float | None:
        return self._percentile(50)

    @property
    def p95(self) -> float | None:
        return self._percentile(95)

    def _percentile(self, nth: int) -> float | None:
        if len(self.samples) < 2:
            return None
        return quantiles(self.samples, n=100, method="inclusive")[nth - 1]


class Latency:
    """The last calls of this process; failed ones are not in it, since they measure something else."""

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=WINDOW)

    def add(self, seconds: float) -> None:
        self._samples.append(seconds * 1000)

    @property
    def figures(self) -> Figures:
        return Figures(tuple(self._samples))
