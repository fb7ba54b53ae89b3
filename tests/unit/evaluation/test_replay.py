"""Does a strategy see of recorded outcomes what it would see in the proxy, and no more?"""

from collections.abc import Sequence

import numpy as np
import pytest

from tests.unit.evaluation.recorded import META
from tests.unit.evaluation.strategies_of_tests import Listening
from tests.unit.nouns import workload
from wrp_proxy.evaluation.judge import Judge
from wrp_proxy.evaluation.replay import REFUSED, Replay
from wrp_proxy.evaluation.strategies import SimulatedClock
from wrp_proxy.evaluation.table import OutcomeTable, Query, recorded_model
from wrp_proxy.signals import Check

NAN = float("nan")
NAMES: Sequence[str] = META["pool"]


def table(*scores: Sequence[float]) -> OutcomeTable:
    known = np.array(scores)
    costs = np.where(np.isnan(known), NAN, np.array([1.0, 2.0, 20.0]))
    return OutcomeTable(
        models=tuple([recorded_model(name, None) for name in NAMES]),
        queries=tuple([Query(id=str(n), text="?", label="secret") for n in range(len(known))]),
        scores=known,
        costs_usd=costs,
        latencies_s=np.full(known.shape, NAN),
    )


def replay(outcomes: OutcomeTable, cost_weight: float | None = 0.0, error: float = 0.0) -> Replay:
    return Replay(
        outcomes,
        [workload() for _ in outcomes.queries],
        judge=Judge(error=error, seed=1),
        clock=SimulatedClock(),
        cost_weight=cost_weight,
    )


def test_the_answer_of_the_first_choice_is_given() -> None:
    served = replay(table([1, 0, 0.5], [0, 0, 0.7])).run(Listening(*NAMES[::-1]), told=False)

    assert served.scores.tolist() == [0.5, 0.7]
    assert served.costs_usd.tolist() == [20, 20]
    assert served.chosen.tolist() == [2, 2]
    assert served.point == pytest.approx((20_000, 0.6))
    assert (served.decision_us > 0).all()


def test_what_was_not_run_goes_to_the_next_of_the_ranking() -> None:
    served = replay(table([NAN, NAN, 0.5], [NAN, 1, 0])).run(Listening(*NAMES), told=False)

    assert served.scores.tolist() == [0.5, 1]
    assert served.costs_usd.tolist() == [20, 2]


def test_a_ranking_that_was_not_run_at_all_goes_to_any_other_model() -> None:
    served = replay(table([NAN, 1, 0.5])).run(Listening(NAMES[0]), told=False)

    assert served.scores.tolist() == [1]


def test_offline_a_strategy_hears_nothing() -> None:
    router = Listening(*NAMES)

    replay(table([1, 1, 1])).run(router, told=False)

    assert router.heard == []


def test_online_it_hears_cost_and_score_of_the_model_it_chose_only() -> None:
    router = Listening("writer")

    replay(table([1, 0.25, 0.5])).run(router, told=True, feedback=1.0)

    ended, graded = router.heard
    assert (ended.model, ended.cost_usd, ended.score) == ("writer", 2.0, None)
    assert (graded.model, graded.request_id) == (ended.model, ended.request_id)
    assert graded.score is not None
    assert (graded.score.value, graded.score.source) == (0.25, "judge")
    assert ended.propensity == 0.5


def test_without_feedback_it_hears_how_attempts_ended() -> None:
    router = Listening(*NAMES)

    replay(table([1, 1, 1])).run(router, told=True)

    assert [outcome.score for outcome in router.heard] == [None]


def test_the_label_and_the_outcomes_are_not_in_what_is_asked() -> None:
    router = Listening(*NAMES)

    replay(table([1, 1, 1])).run(router, told=True, feedback=1.0)

    assert "secret" not in repr(router.asked)
    assert "secret" not in repr(router.heard)


def test_the_callers_weight_of_cost_is_what_is_swept() -> None:
    router = Listening(*NAMES)

    replay(table([1, 1, 1]), cost_weight=0.3).run(router, told=False)
    replay(table([1, 1, 1]), cost_weight=None).run(router, told=False)

    assert [one.preferences.cost for one in router.asked] == [0.3, None]


def test_rows_are_served_in_the_order_given_and_reported_in_their_own() -> None:
    router = Listening(*NAMES)

    served = replay(table([1, 0, 0], [0, 0, 0])).run(router, [1, 0], told=True)

    assert [outcome.request_id for outcome in router.heard] == ["row_1", "row_0"]
    assert served.scores.tolist() == [1, 0]
    assert router.heard[0].started_at < router.heard[1].started_at


@pytest.mark.parametrize(
    ("scores", "calls", "given"),
    [((1, 1, 1), 1, 1), ((0, 1, 1), 2, 1), ((0, 0, 1), 2, 0), ((0.4, 0.5, 0), 2, 0.5)],
)
def test_a_held_answer_is_given_when_it_is_right_or_the_last(
    scores: tuple[float, ...], calls: int, given: float
) -> None:
    router = Listening(*NAMES, check=Check(how="verify", escalations=1))

    served = replay(table(scores)).run(router, told=True)

    assert served.is_verified
    assert served.scores.tolist() == [given]
    assert served.costs_usd.tolist() == [sum([1, 2, 20][:calls])]
    said = [o.score.value for o in router.heard if o.score is not None]
    assert said == [float(score >= 0.5) for score in scores[:calls]]


def test_samples_of_one_model_are_all_paid() -> None:
    router = Listening(*NAMES, check=Check(how="agree", escalations=2, samples=3))

    served = replay(table([1, 1, 1], [0, 1, 1])).run(router, told=False)

    assert served.costs_usd.tolist() == [3, 5]


def test_a_verifier_that_errs_lets_wrong_answers_through() -> None:
    router = Listening(*NAMES, check=Check(how="verify", escalations=1))

    served = replay(table(*[[0, 1, 1]] * 400), error=0.25).run(router, told=False)

    assert served.scores.mean() == pytest.approx(0.75, abs=0.06)


def test_what_is_refused_scores_and_costs_nothing() -> None:
    served = replay(table([1, 1, 1])).run(Listening(refuses=True), told=True)

    assert (served.scores[0], served.costs_usd[0], served.chosen[0]) == (0, 0, REFUSED)
