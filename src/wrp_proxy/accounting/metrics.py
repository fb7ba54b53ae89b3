"""Prometheus metrics of the same facts as the journal, with few labels."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from wrp_proxy.types import Outcome

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)
_MADE_UP = "other"
"""One label for all `provider/upstream-model` names and upstreams' codes: both are endless."""
_CODES = frozenset(
    {
        "all_endpoints_down",
        "context_length_exceeded",
        "deadline_exceeded",
        "insufficient_quota",
        "internal_error",
        "invalid_request_error",
        "model_failed",
        "model_loading",
        "model_not_found",
        "no_endpoint_available",
        "not_cached",
        "pool_full",
        "queue_timeout",
        "rate_limit_exceeded",
        "upstream_authentication_error",
        "upstream_disconnected",
        "upstream_error",
        "upstream_timeout",
    }
)


_Metric = TypeVar("_Metric", Counter, Histogram)


class Metrics:
    """A sink of outcomes; `render` is the body of `/metrics`."""

    def __init__(self, listed_models: Callable[[], Iterable[str]]) -> None:
        self.registry = CollectorRegistry()
        self._listed_models = listed_models
        self._series: dict[tuple[object, ...], object] = {}
        self._attempts = self._counter(
            "wrp_attempts", "Attempts", "route", "model", "finish", "cached"
        )
        self._errors = self._counter("wrp_errors", "Failed attempts by code", "model", "code")
        self._tokens = self._counter("wrp_tokens", "Tokens", "model", "kind")
        self._cost = self._counter("wrp_cost_usd", "Cost in USD where the price is known", "model")
        self._saved = self._counter("wrp_saved_usd", "Cost of answers given again", "model")
        self._hedges = self._counter(
            "wrp_hedges", "Second copies by what came of them", "model", "result"
        )
        self._hedge_cost = self._counter(
            "wrp_hedge_cost_usd", "Cost of copies that came to nothing, part of the cost", "model"
        )
        self._unpriced = self._counter("wrp_unpriced", "Answers of unknown price", "model")
        self._first_content = self._histogram(
            "wrp_first_content_seconds", "Time to first content of complete answers"
        )
        self._duration = self._histogram("wrp_duration_seconds", "Duration of complete answers")
        self._queue = self._histogram(
            "wrp_queue_seconds", "Time in line of those that had to wait, whatever came of it"
        )

    def write(self, outcomes: Sequence[Outcome]) -> None:
        listed = set(self._listed_models())
        for outcome in outcomes:
            model = outcome.model if outcome.model in listed else _MADE_UP
            self._of(self._attempts, outcome.route, model, outcome.finish, outcome.cached).inc()
            if outcome.error is not None:
                code = outcome.error if outcome.error in _CODES else _MADE_UP
                self._of(self._errors, model, code).inc()
            if outcome.queued_s:
                self._of(self._queue, model).observe(outcome.queued_s)
            if outcome.saved_usd:
                self._of(self._saved, model).inc(max(outcome.saved_usd, 0.0))
            self._write_usage(model, outcome)
            if outcome.hedge:
                self._write_hedge(model, outcome)
            if outcome.finish == "complete":
                self._of(self._duration, model).observe(outcome.duration_s)
                if outcome.first_content_s is not None:
                    self._of(self._first_content, model).observe(outcome.first_content_s)

    def close(self) -> None:
        return

    def render(self) -> bytes:
        """Return the text format; takes milliseconds, so call it in a thread."""
        return generate_latest(self.registry)

    def _write_usage(self, model: str, outcome: Outcome) -> None:
        usage = outcome.usage
        if usage is None:
            return
        self._of(self._tokens, model, "prompt").inc(max(usage.prompt_tokens, 0))
        self._of(self._tokens, model, "completion").inc(max(usage.completion_tokens, 0))
        self._of(self._tokens, model, "cached").inc(max(usage.cached_tokens, 0))
        if outcome.cost_usd is None:
            self._of(self._unpriced, model).inc()
        else:
            self._of(self._cost, model).inc(max(outcome.cost_usd, 0.0))

    def _write_hedge(self, model: str, outcome: Outcome) -> None:
        result = _result_of(outcome)
        if outcome.hedge == "second":
            self._of(self._hedges, model, result).inc()
        if result == "lost" and outcome.cost_usd is not None:
            self._of(self._hedge_cost, model).inc(max(outcome.cost_usd, 0.0))

    def _of(self, metric: _Metric, *labels: str) -> _Metric:
        """Find the series of some labels; `labels()` itself costs more than counting does."""
        key = (metric, *labels)
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = metric.labels(*labels)
        return cast("_Metric", series)

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(name, documentation, labels, registry=self.registry)

    def _histogram(self, name: str, documentation: str) -> Histogram:
        return Histogram(name, documentation, ("model",), registry=self.registry, buckets=_SECONDS)


def _result_of(copy: Outcome) -> str:
    """Say what came of a copy: it has won with its first content, whatever happened later."""
    if copy.finish == "complete" or copy.first_content_s is not None:
        return "won"
    return "lost" if copy.finish == "cancelled" else "failed"


class LiveState(Collector):
    """Shows the state of the moment, read when the metrics are rendered.

    `endpoints` gives (endpoint, in flight, cooling) of each; `dropped` the records lost so far;
    `lines` how many wait for each model.
    """

    def __init__(
        self,
        endpoints: Callable[[], Iterable[tuple[str, int, bool]]],
        dropped: Callable[[], int],
        lines: Callable[[], Iterable[tuple[str, int]]] = tuple,
    ) -> None:
        self._endpoints = endpoints
        self._dropped = dropped
        self._lines = lines

    def collect(self) -> Iterable[Metric]:
        in_flight = GaugeMetricFamily("wrp_in_flight", "Requests in flight", labels=["endpoint"])
        cooling = GaugeMetricFamily("wrp_cooling", "1 while it cools down", labels=["endpoint"])
        for endpoint, requests, is_cooling in self._endpoints():
            in_flight.add_metric([endpoint], requests)
            cooling.add_metric([endpoint], float(is_cooling))
        yield in_flight
        yield cooling
        depth = GaugeMetricFamily("wrp_queue_depth", "Requests in line", labels=["model"])
        for model, requests in self._lines():
            depth.add_metric([model], requests)
        yield depth
        dropped = CounterMetricFamily("wrp_records_dropped", "Records lost")
        dropped.add_metric([], self._dropped())
        yield dropped
