"""What an operator measures of the engine, kept by prometheus-client; without that library nothing is kept.

What each metric means is told in docs/monitoring.md. Times are seconds.
"""

from typing import Any

LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

try:
    from prometheus_client import Counter, Gauge, Histogram
except ImportError:

    class _Nothing:
        """Stands for any metric where prometheus-client is not installed."""

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...
        def labels(self, *values: str) -> "_Nothing":
            return self

        def inc(self, amount: float = 1) -> None: ...
        def dec(self, amount: float = 1) -> None: ...
        def observe(self, amount: float) -> None: ...

    Counter = Gauge = Histogram = _Nothing  # type: ignore[assignment, misc]


SOCKETS = Gauge("parlour_sockets", "Sockets that are open here, by the kind of their page or part", ["kind"])
REFUSED = Counter("parlour_sockets_refused_total", "Sockets that were sent away before their hello", ["reason"])
DELIVERIES = Counter("parlour_deliveries_total", "Frames that topics handed over, one for each socket")
OVERFLOWS = Counter("parlour_queue_overflows_total", "Sockets closed because their page read too slowly")
FAN_OUT = Histogram(
    "parlour_fan_out_seconds", "From a hint to the last listener's frame, one for each answer", buckets=LATENCY
)

HINTS_SENT = Counter("parlour_hints_sent_total", "Hints that the channel layer took")
HINTS_LATE = Counter("parlour_hints_late_total", "Hints that came after a tick had found what they tell")
HINTS_LOST = Counter("parlour_hints_lost_total", "Heads a tick found, of which no hint told until the next tick")
HINT_LAG = Histogram("parlour_hint_lag_seconds", "From a commit to the arrival of its hint", buckets=LATENCY)

RESUMES = Counter("parlour_resumes_total", "Streams that a page began to follow, by what its cursor was", ["kind"])
RESUMES_BY_KIND = {kind: RESUMES.labels(kind) for kind in ("current", "behind", "unknown")}
RESUME = Histogram(
    "parlour_resume_seconds", "From a socket's handshake to a stream's first answer, for each stream", buckets=LATENCY
)
