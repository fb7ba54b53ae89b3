"""The same facts as numbers to scrape, under few names."""

from collections.abc import Iterable, Sequence

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.nouns import outcome, usage
from wrp_proxy.accounting.metrics import LiveState, Metrics
from wrp_proxy.accounting.recorder import BackgroundRecorder
from wrp_proxy.types import Outcome

Sample = tuple[str, frozenset[tuple[str, str]]]


def metrics_of(*outcomes: Outcome) -> Metrics:
    metrics = Metrics(lambda: ("small", "large"))
    metrics.write(outcomes)
    return metrics


def samples(metrics: Metrics) -> dict[Sample, float]:
    """Read what is rendered, as a scraper does."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return samples(metrics).get((name, frozenset(labels.items())))


def series(metrics: Metrics, name: str) -> int:
    return sum(found == name for found, _ in samples(metrics))


def test_an_answer_is_counted_with_its_tokens_its_cost_and_its_time() -> None:
    metrics = metrics_of(outcome(usage=usage(11, 7, cached_tokens=5)), outcome(usage=usage(1, 2)))

    assert (
        value(
            metrics,
            "wrp_attempts_total",
            route="auto",
            model="small",
            finish="complete",
            cached="bypass",
        )
        == 2
    )
    assert value(metrics, "wrp_tokens_total", model="small", kind="prompt") == 12
    assert value(metrics, "wrp_tokens_total", model="small", kind="completion") == 9
    assert value(metrics, "wrp_tokens_total", model="small", kind="cached") == 5
    assert value(metrics, "wrp_cost_usd_total", model="small") == 0.5
    assert value(metrics, "wrp_duration_seconds_sum", model="small") == 3.0
    assert value(metrics, "wrp_first_content_seconds_count", model="small") == 2
    assert value(metrics, "wrp_unpriced_total", model="small") is None


def test_an_answer_of_unknown_price_is_counted_as_such() -> None:
    metrics = metrics_of(outcome(cost_usd=None))

    assert value(metrics, "wrp_unpriced_total", model="small") == 1
    assert value(metrics, "wrp_cost_usd_total", model="small") is None


def test_second_copies_are_counted_by_what_came_of_them() -> None:
    lost = {"finish": "cancelled", "first_content_s": None}
    metrics = metrics_of(
        outcome(hedge="first", **lost),
        outcome(hedge="second"),
        outcome(hedge="first"),
        outcome(hedge="second", cost_usd=0.5, **lost),
        outcome(hedge="second", finish="cancelled"),  # its client left in mid-answer
        outcome(hedge="second", finish="failed", error="boom", first_content_s=None),
        outcome(**lost),
    )

    results = [
        value(metrics, "wrp_hedges_total", model="small", result=result)
        for result in ("won", "lost", "failed")
    ]
    assert results == [2, 1, 1]
    assert value(metrics, "wrp_hedge_cost_usd_total", model="small") == 0.75


def test_a_failure_is_counted_by_its_code_and_not_timed() -> None:
    metrics = metrics_of(outcome(finish="failed", error="upstream_timeout", usage=None))

    assert value(metrics, "wrp_errors_total", model="small", code="upstream_timeout") == 1
    assert value(metrics, "wrp_duration_seconds_count", model="small") is None
    assert value(metrics, "wrp_tokens_total", model="small", kind="prompt") is None


def test_a_cancelled_answer_is_no_error_but_costs() -> None:
    metrics = metrics_of(outcome(finish="cancelled"))

    assert series(metrics, "wrp_errors_total") == 0
    assert value(metrics, "wrp_cost_usd_total", model="small") == 0.25


def test_made_up_models_share_one_label() -> None:
    metrics = metrics_of(*[outcome(model=f"lab/x{n}", route="direct") for n in range(500)])

    assert value(metrics, "wrp_tokens_total", model="other", kind="prompt") == 5500
    assert series(metrics, "wrp_attempts_total") == 1
    assert b"lab/x" not in metrics.render()


def test_what_callers_and_upstreams_say_makes_no_endless_series() -> None:
    failed = [
        outcome(
            request_id=f"req_{n}",
            session=f"s{n}",
            tenant=f"t{n}",
            endpoint=f"lab/x{n}",
            reason=f"r{n}",
            finish="failed",
            error=f"upstream_says_{n}",
        )
        for n in range(500)
    ]

    metrics = metrics_of(*failed)

    assert len(samples(metrics)) < 250


def test_models_that_come_later_have_their_own_label() -> None:
    listed = ["small"]
    metrics = Metrics(lambda: listed)
    metrics.write([outcome(model="new")])

    listed.append("new")
    metrics.write([outcome(model="new")])

    assert value(metrics, "wrp_cost_usd_total", model="new") == 0.25
    assert value(metrics, "wrp_cost_usd_total", model="other") == 0.25


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "caf\u00e9 \U0001f600", ""])
def test_any_model_name_can_be_rendered(name: str) -> None:
    metrics = Metrics(lambda: [name])
    metrics.write([outcome(model=name)])

    assert value(metrics, "wrp_cost_usd_total", model=name) == 0.25


@pytest.mark.parametrize(
    "odd",
    [
        outcome(cost_usd=-0.5),
        outcome(usage=usage(-1, 7)),
        outcome(usage=usage(2**70, 7)),
        outcome(cost_usd=float("nan")),
    ],
    ids=["negative-cost", "negative-tokens", "huge-tokens", "no-number"],
)
def test_an_odd_record_does_not_have_the_others_counted_twice(odd: Outcome) -> None:
    metrics = Metrics(lambda: ["small"])
    recorder = BackgroundRecorder([metrics])

    recorder.record(outcome(finish="cancelled"))
    recorder.record(odd)
    for _ in range(3):
        recorder.flush()

    assert (
        value(
            metrics,
            "wrp_attempts_total",
            route="auto",
            model="small",
            finish="cancelled",
            cached="bypass",
        )
        == 1
    )


def live(endpoints: Sequence[tuple[str, int, bool]]) -> Metrics:
    metrics = Metrics(lambda: ())

    def state() -> Iterable[tuple[str, int, bool]]:
        return endpoints

    metrics.registry.register(LiveState(state, lambda: 3))
    return metrics


def test_the_state_of_the_moment_is_shown() -> None:
    metrics = live([("lab/a", 2, True), ("lab/b#eu", 0, False)])

    assert value(metrics, "wrp_in_flight", endpoint="lab/a") == 2
    assert value(metrics, "wrp_cooling", endpoint="lab/a") == 1
    assert value(metrics, "wrp_in_flight", endpoint="lab/b#eu") == 0
    assert value(metrics, "wrp_cooling", endpoint="lab/b#eu") == 0
    assert value(metrics, "wrp_records_dropped_total") == 3


def test_the_state_is_read_anew_for_every_scrape() -> None:
    endpoints = [("lab/a", 2, False)]
    metrics = live(endpoints)
    metrics.render()

    endpoints[:] = [("lab/b", 1, False)]

    assert value(metrics, "wrp_in_flight", endpoint="lab/b") == 1
    assert value(metrics, "wrp_in_flight", endpoint="lab/a") is None


def test_metrics_of_two_apps_do_not_mix() -> None:
    one, other = metrics_of(outcome()), metrics_of()

    assert series(one, "wrp_cost_usd_total") == 1
    assert series(other, "wrp_cost_usd_total") == 0
