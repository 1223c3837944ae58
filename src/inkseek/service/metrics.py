"""What the service counts, in the text format of Prometheus."""

import time
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "inkseek_requests", "Answers by route and status.", ("route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "inkseek_request_seconds", "Time to an answer.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self._steps = Histogram(
            "inkseek_search_step_seconds", "Time of each step of a search.", ("step",), buckets=_SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._photos = Gauge("inkseek_photos", "Photos of a gallery.", ("gallery",), registry=self._registry)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer; `route` is the pattern of its address, not the address."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def searched(self, milliseconds: Mapping[str, float]) -> None:
        """Count the steps of a search."""
        for step, value in milliseconds.items():
            self._steps.labels(step).observe(value / 1e3)

    def watch_photos(self, gallery: str, count: Callable[[], float]) -> None:
        """Ask for the number of a gallery's photos whenever the metrics are read."""
        self._photos.labels(gallery).set_function(count)

    def text(self) -> bytes:
        """All of them."""
        return generate_latest(self._registry)


class Measured:
    """Count every answer of an application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        started, status = time.perf_counter(), 500

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_counted)
        finally:
            if scope["type"] == "http":
                route = getattr(scope.get("route"), "path", "other")
                self._metrics.answered(route, status, time.perf_counter() - started)
